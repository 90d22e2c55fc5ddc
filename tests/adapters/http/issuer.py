"""An identity provider of a city's own, on this machine: what it publishes, and the tokens that it signs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, TypeAlias

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE = "okerstadt-app"
Algorithms: TypeAlias = Any
ALGORITHMS: dict[str, Algorithms] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}


class Key:
    def __init__(self, kid: str, algorithm: str = "ES256", bits: int = 2048) -> None:
        self.kid, self.algorithm = kid, algorithm
        self.private: Any = {
            "RS256": lambda: generate_rsa_key(65537, bits),
            "ES256": lambda: generate_private_key(SECP256R1()),
            "EdDSA": Ed25519PrivateKey.generate,
        }[algorithm]()

    def jwk(self, **more: Any) -> dict[str, Any]:
        public = ALGORITHMS[self.algorithm].to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.kid, "use": "sig", "alg": self.algorithm, **more}


class Issuer:
    """`published` is its key set, `asked` what was fetched of it; `answer`, once set, is given instead of the keys."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.published: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.answer: tuple[int, dict[str, str], bytes] | None = None

    @property
    def fetched(self) -> int:
        return self.asked.count("/keys")

    def serve(self, path: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            facts = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
            return 200, {}, json.dumps(facts).encode()
        if self.answer is not None:
            return self.answer
        return 200, {}, json.dumps({"keys": self.published}).encode()

    def token(self, key: Key, at: datetime, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """An access token for Ada; what is None is left away."""
        content = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ada-at-work",
            "email": "ada@example.org",
            "email_verified": True,
            "iat": int(at.timestamp()),
            "exp": int(at.timestamp()) + 300,
        } | claims
        said = {"typ": "at+jwt", "kid": key.kid} | (headers or {})
        return jwt.encode(
            {name: value for name, value in content.items() if value is not None},
            key.private,
            algorithm=key.algorithm,
            headers={name: value for name, value in said.items() if value is not None},
        )


@contextmanager
def an_issuer(*keys: Key) -> Iterator[Issuer]:
    issuers: list[Issuer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, content = issuers[0].serve(self.path)
            self.send_response(status)
            for name, value in {"content-length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing: the test counts by itself."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuers.append(Issuer(f"http://127.0.0.1:{server.server_address[1]}"))
    issuers[0].published = [key.jwk() for key in keys]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuers[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
