# A receiver that checks webhook-signature by the webhook's public key: over id, time and body, with a limit on its age.
# Run it with: PUBLIC_KEY=whpk_... PORT=8080 python3 standard-webhooks-ed25519.py
# It needs the package cryptography: Python's own library has no ed25519.
import base64
import binascii
import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY = Ed25519PublicKey.from_public_bytes(base64.b64decode(os.environ["PUBLIC_KEY"].removeprefix("whpk_")))
TOLERANCE = 5 * 60  # seconds


def fits(given, signed):
    version, _, signature = given.partition(",")
    if version != "v1a":
        return False
    try:
        KEY.verify(base64.b64decode(signature), signed)
    except (InvalidSignature, binascii.Error):
        return False
    return True


def valid(headers, body):
    identifier, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    signed = f"{identifier}.{timestamp}.".encode() + body
    # During a rotation there are several, and one that fits is enough.
    return any(fits(given, signed) for given in headers.get("webhook-signature", "").split(" "))


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if valid(self.headers, body) else 401)
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
