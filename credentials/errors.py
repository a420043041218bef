"""What wallets are refused, by the codes of OAuth 2.0, OpenID4VCI and OpenID4VP."""


class WalletError(Exception):
    """A request of a wallet that was not done: ``code`` and ``status`` are those of the protocol.

    ``description`` is ASCII (RFC 6749, 5.2), for whoever builds the wallet.
    """

    def __init__(self, code: str, description: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {description}")
        self.code, self.description, self.status = code, description, status
