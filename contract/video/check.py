"""Checks what the join link signs with the official verifiers: python check.py PROGRAM

`video check --link` sends or prints what a click does: a signed call to an operator's own system, or a link with a
token. The calls go to the receivers in docs/video-systems.md; PyJWT and jose (tokens.mjs) verify the tokens.
"""

import base64
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROGRAM = sys.argv.pop(1)
SIGNING_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ANOTHER_SECRET = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
RECEIVERS = {"Python": [sys.executable, "receiver.py"], "Node": ["node", "receiver.mjs"]}


def video_check(system, url="", **credentials):
    secret = {"roomKey": "development-only-room-key", **credentials}
    environment = {
        "VIDEO_SYSTEM": system,
        "VIDEO_SYSTEM_URL": url,
        "VIDEO_SYSTEM_SECRET": json.dumps(secret),
    }
    command = [PROGRAM, "video", "check", "--link"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def link(checked):
    if checked.returncode:
        raise AssertionError(checked.stdout + checked.stderr)
    return next(line for line in checked.stdout.splitlines() if line.startswith("http"))


class OwnSystem(unittest.TestCase):
    def receiver(self, command):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = {**os.environ, "PORT": str(port), "SIGNING_SECRET": SIGNING_SECRET}
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return f"http://127.0.0.1:{port}"
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"{command} does not start")

    def test_the_official_libraries_accept_a_call_and_refuse_one_signed_with_another_secret(self):
        for name, command in RECEIVERS.items():
            with self.subTest(name):
                url = self.receiver(command)
                checked = video_check("webhook", url, signingSecret=SIGNING_SECRET)
                self.assertRegex(link(checked), r"^https://rooms\.example\.com/[a-z2-7]{26}\?as=host$")
                refused = video_check("webhook", url, signingSecret=ANOTHER_SECRET)
                self.assertEqual(refused.returncode, 1)
                self.assertIn("status 401", refused.stderr)


class JitsiPage(http.server.BaseHTTPRequestHandler):
    """A page by which `video check` recognizes a Jitsi server."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<title>Jitsi Meet</title>")

    def log_message(self, *_):
        pass


def token(url):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["jwt"][0]


def verify_with_jose(**question):
    done = subprocess.run(["node", "tokens.mjs"], input=json.dumps(question), capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class Tokens(unittest.TestCase):
    def accept(self, encoded, alg, key, issuer, subject):
        header = jwt.get_unverified_header(encoded)
        self.assertEqual((header["typ"], header["alg"]), ("JWT", alg))
        claims = jwt.decode(encoded, key, algorithms=[alg], audience="jitsi", issuer=issuer)
        jose = verify_with_jose(token=encoded, alg=alg, key=key, audience="jitsi", issuer=issuer)
        self.assertEqual(claims, jose)
        self.assertEqual(claims["sub"], subject)
        self.assertIsInstance(claims["aud"], str)
        self.assertEqual(claims["context"]["user"]["moderator"], "true")
        self.assertTrue(all(isinstance(value, str) for value in claims["context"]["user"].values()))
        return header

    def test_a_token_for_a_jitsi_server(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), JitsiPage)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_address[1]}"
        secret = "a-secret-of-a-test-with-32-bytes-at-least"
        checked = video_check("jitsi", url, appId="my_app", appSecret=secret)
        self.accept(token(link(checked)), "HS256", secret, "my_app", "127.0.0.1")

    def test_a_token_for_jaas(self):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = serialization.Encoding.PEM
        plain = serialization.NoEncryption()
        public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        app = "vpaas-magic-cookie-ab12"
        for form in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
            private = key.private_bytes(pem, form, plain).decode()
            checked = video_check("jaas", appId=app, keyId="4f4910", privateKey=private)
            header = self.accept(token(link(checked)), "RS256", public.decode(), "chat", app)
            self.assertEqual(header["kid"], f"{app}/4f4910")


if __name__ == "__main__":
    unittest.main(verbosity=2)
