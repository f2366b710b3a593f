"""Checks what the join link signs with the official verifiers: python check.py PROGRAM

PROGRAM is the local system (simulator/examples/local_system.rs). Each test schedules a meeting there and joins it.
The click sends a signed call to an operator's own system, here to the receivers in docs/video-systems.md, or redirects
to a link with a token, which PyJWT and jose (tokens.mjs) verify.
"""

import base64
import http.client
import json
import os
import socket
import subprocess
import sys
import time
import unittest
import urllib.parse
from contextlib import closing

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROGRAM = sys.argv.pop(1)
SIGNING_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ANOTHER_SECRET = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
RECEIVERS = {"Python": [sys.executable, "receiver.py"], "Node": ["node", "receiver.mjs"]}
# For each value of MODERATORS, the role of a visitor who isn't the host.
ROLES = {"everyone": "host", "host": "guest"}


def post(url, content_type, body):
    """Sends a POST and follows no redirect."""
    address = urllib.parse.urlsplit(url)
    with closing(http.client.HTTPConnection(address.netloc, timeout=60)) as connection:
        connection.request("POST", address.path, body.encode(), {"content-type": content_type})
        answer = connection.getresponse()
        return answer, answer.read().decode()


class LocalSystem:
    """A local system with this video system, and one meeting that takes place now."""

    def __init__(self, case, system, url="", moderators="everyone", **credentials):
        environment = {
            "VIDEO_SYSTEM": system,
            "VIDEO_SYSTEM_URL": url,
            "VIDEO_SYSTEM_SECRET": json.dumps({"roomKey": "development-only-room-key", **credentials}),
            "MODERATORS": moderators,
        }
        self.process = subprocess.Popen([PROGRAM], env=environment, stdout=subprocess.PIPE, text=True)
        case.addCleanup(self.process.wait)
        case.addCleanup(self.process.kill)
        case.addCleanup(self.process.stdout.close)
        base = self.process.stdout.readline().strip()
        now = int(time.time() * 1000)
        plan = {"title": "Check", "startTime": now, "endTime": now + 3_600_000}
        plan |= {"host": "test.user@example.com", "source": "MANUAL"}
        answer, meeting = post(f"{base}/hubspot/meetings", "application/json", json.dumps(plan))
        case.assertLess(answer.status, 300, meeting)
        self.link = json.loads(meeting)["conferenceUrl"]

    def join(self, name):
        """Joins the meeting. Returns the status and, for a redirect, where it leads."""
        form = urllib.parse.urlencode({"name": name})
        answer, _ = post(self.link, "application/x-www-form-urlencoded", form)
        return answer.status, answer.headers["location"]

    def log(self):
        """Stops the system. Returns its log lines."""
        self.process.kill()
        return [json.loads(line) for line in self.process.stdout]


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
                for moderators, role in ROLES.items():
                    system = LocalSystem(self, "webhook", url, moderators, signingSecret=SIGNING_SECRET)
                    status, location = system.join("Zoë")
                    self.assertEqual(status, 303)
                    self.assertRegex(location, rf"^https://rooms\.example\.com/[a-z2-7]{{26}}\?as={role}$")
                system = LocalSystem(self, "webhook", url, signingSecret=ANOTHER_SECRET)
                self.assertEqual(system.join("Zoë"), (503, None))
                join = system.log()[-1]
                self.assertEqual(join["cause"], "the video system refused the request: status 401")


def verify_with_jose(**question):
    done = subprocess.run(["node", "tokens.mjs"], input=json.dumps(question), capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class Tokens(unittest.TestCase):
    def accept(self, system, role, alg, key, issuer, subject):
        """Joins the meeting and checks the token of its link. Returns the token's header."""
        status, location = system.join("Zoë")
        self.assertEqual(status, 303)
        address = urllib.parse.urlsplit(location)
        encoded = urllib.parse.parse_qs(address.query)["jwt"][0]
        header = jwt.get_unverified_header(encoded)
        self.assertEqual((header["typ"], header["alg"]), ("JWT", alg))
        claims = jwt.decode(encoded, key, algorithms=[alg], audience="jitsi", issuer=issuer)
        jose = verify_with_jose(token=encoded, alg=alg, key=key, audience="jitsi", issuer=issuer)
        self.assertEqual(claims, jose)
        self.assertEqual(claims["sub"], subject)
        self.assertIsInstance(claims["aud"], str)
        self.assertEqual(claims["room"], address.path.rsplit("/", 1)[1])
        user = claims["context"]["user"]
        self.assertEqual((user["name"], user["moderator"]), ("Zoë", "true" if role == "host" else "false"))
        self.assertTrue(all(isinstance(value, str) for value in user.values()))
        return header

    def test_a_token_for_a_jitsi_server(self):
        secret = "a-secret-of-a-test-with-32-bytes-at-least"
        for moderators, role in ROLES.items():
            url = "https://jitsi.example.com"
            system = LocalSystem(self, "jitsi", url, moderators, appId="my_app", appSecret=secret)
            self.accept(system, role, "HS256", secret, "my_app", "jitsi.example.com")

    def test_a_token_for_jaas(self):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = serialization.Encoding.PEM
        plain = serialization.NoEncryption()
        public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        app = "vpaas-magic-cookie-ab12"
        for form in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
            credentials = {"appId": app, "keyId": "4f4910", "privateKey": key.private_bytes(pem, form, plain).decode()}
            for moderators, role in ROLES.items():
                system = LocalSystem(self, "jaas", moderators=moderators, **credentials)
                header = self.accept(system, role, "RS256", public.decode(), "chat", app)
                self.assertEqual(header["kid"], f"{app}/4f4910")


if __name__ == "__main__":
    unittest.main(verbosity=2)
