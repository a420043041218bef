"""What stops a backup or a restore, in both languages."""


class Refused(SystemExit):
    """Nothing was done, or what was begun is left where the sentence says."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")
