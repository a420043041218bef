"""An agency's registry by the libraries `jwcrypto` and `sd_jwt`, without a line of ours."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer

Item = dict[str, Any]


def new_key(kid: str) -> JWK:
    return JWK.generate(kty="OKP", crv="Ed25519", kid=kid)


def public_set(*keys: JWK) -> bytes:
    return json.dumps({"keys": [key.export_public(as_dict=True) for key in keys]}).encode()


class SigningAgency:
    """Serves one registry; ``ours``: the JWK set that verifies questions, ``key`` signs answers.

    ``say`` returns the item about a number. ``change`` may change what is sent.
    """

    def __init__(self, registry: str, ours: bytes, key: JWK, algorithm: str = "EdDSA") -> None:
        self.registry, self.ours, self.key, self.algorithm = registry, ours, key, algorithm
        self.change: Callable[[str], str] = str
        self.questions: list[dict[str, Any]] = []
        agency = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                sent = agency.answer(body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, body: str) -> str:
        token = JWS()
        token.deserialize(body)
        kid = token.jose_header["kid"]
        keys = [JWK(**one) for one in json.loads(self.ours)["keys"] if one["kid"] == kid]
        token.allowed_algs = ["EdDSA", "Ed25519", "HS256"]
        token.verify(keys[0])
        question = json.loads(token.payload)
        self.questions.append(question)
        items = [SDObj(self.say(s["number"])) for s in question["subjects"]]
        claims = {
            "iss": self.registry,
            "nonce": question["nonce"],
            "iat": int(time.time()),
            "answers": items,
        }
        header = {"kid": self.key.get("kid"), "typ": "registry-answer+sd-jwt"}
        issued = SDJWTIssuer(
            claims, self.key, sign_alg=self.algorithm, extra_header_parameters=header
        )
        return self.change(str(issued.sd_jwt_issuance))

    def say(self, number: str) -> Item:
        return {
            "number": number,
            "outcome": "found",
            "version": "7",
            "data": {"name": f"持证人{number[-4:]}", "level": "本科", "graduated": "2025-06-30"},
        }
