"""An independent BigBlueButton API, for tests: bbblb, a load balancer in production use, and behind
it our own simulated node, because BigBlueButton itself needs a dedicated machine.

    python bigbluebutton.py SECRET        in an environment where bigbluebutton.txt is installed

It is one process on loopback. It prints one line of JSON as soon as it is ready,
{"url": ..., "node": ...}, and keeps nothing after it exits. bbblb checks every signature, keeps its
own list of meetings and asks the node; the node answers as BigBlueButton's developer documentation says.
A person who follows a join URL gets one line of text: name, role, state, meeting.

bbblb is licensed under the AGPL. The tests only talk to it as a separate process; it is no part of this project.
"""

import datetime
import hashlib
import hmac
import http.server
import ipaddress
import json
import logging
import os
import pathlib
import secrets
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import xml.sax.saxutils

NODE_SECRET = "secret-between-balancer-and-node"
HASH_BY_LENGTH = {40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}


class Failed(Exception):
    """Answered as FAILED with this message key."""


def element(name, content):
    if isinstance(content, dict):
        content = "".join(element(*pair) for pair in content.items())
    elif isinstance(content, list):
        content = "".join(content)
    else:
        content = xml.sax.saxutils.escape(str(content))
    return f"<{name}>{content}</{name}>"


def response(returncode, **fields):
    return element("response", {"returncode": returncode, **fields})


class Meeting:
    def __init__(self, parameters):
        self.parameters = parameters
        self.create_time = int(time.time() * 1000)
        self.people = {}

    def fields(self):
        made = self.parameters
        return {
            "meetingID": made["meetingID"],
            "internalMeetingID": f"{hashlib.sha1(made['meetingID'].encode()).hexdigest()}-{self.create_time}",
            "attendeePW": made["attendeePW"],
            "moderatorPW": made["moderatorPW"],
            "createTime": self.create_time,
            "voiceBridge": 10000 + self.create_time % 90000,
            "dialNumber": "613-555-1234",
            "hasUserJoined": str(bool(self.people)).lower(),
            "duration": 0,
            "hasBeenForciblyEnded": "false",
        }

    def info(self):
        attendees = [element("attendee", person) for person in self.people.values()]
        moderators = sum(person["role"] == "MODERATOR" for person in self.people.values())
        return {
            "meetingName": self.parameters["name"],
            **self.fields(),
            "running": str(bool(attendees)).lower(),
            "participantCount": len(attendees),
            "moderatorCount": moderators,
            "voiceParticipantCount": 0,
            "videoCount": 0,
            "listenerCount": 0,
            "attendees": attendees,
            "metadata": {},
        }


class Meetings:
    """The API's calls, each with its parameters as a dictionary:
    https://docs.bigbluebutton.org/development/api/"""

    def __init__(self):
        self.by_id = {}
        self.lock = threading.Lock()

    def find(self, parameters):
        try:
            return self.by_id[parameters["meetingID"]]
        except KeyError:
            raise Failed("notFound") from None

    def create(self, parameters):
        for name, shortest, longest in [("meetingID", 2, 256), ("name", 2, 64), ("attendeePW", 2, 64), ("moderatorPW", 2, 64)]:
            # In UTF-16 code units, as Java counts.
            if not shortest <= len(parameters.get(name, "").encode("utf-16-le")) // 2 <= longest:
                raise Failed("validationError")
        known = self.by_id.get(parameters["meetingID"])
        if known is None:
            known = self.by_id[parameters["meetingID"]] = Meeting(parameters)
            return response("SUCCESS", **known.fields(), messageKey="", message="")
        if any(known.parameters[name] != parameters[name] for name in ("attendeePW", "moderatorPW")):
            raise Failed("idNotUnique")
        return response("SUCCESS", **known.fields(), messageKey="duplicateWarning", message="It was there.")

    def join(self, parameters):
        meeting = self.find(parameters)
        if parameters.get("createTime", str(meeting.create_time)) != str(meeting.create_time):
            raise Failed("mismatchCreateTimeParam")
        if not parameters.get("fullName", "").strip():
            raise Failed("missingParamFullName")
        if parameters.get("role") not in ("MODERATOR", "VIEWER"):
            raise Failed("validationError")
        waits = parameters.get("guest") == "true" and meeting.parameters.get("guestPolicy") == "ASK_MODERATOR"
        person = {"userID": secrets.token_hex(6), "fullName": parameters["fullName"], "role": parameters["role"]}
        if not waits:
            meeting.people[person["userID"]] = person
        state = "waits for" if waits else "is in"
        return f"{person['fullName']} as {person['role']} {state} {meeting.parameters['name']}"

    def end(self, parameters):
        del self.by_id[self.find(parameters).parameters["meetingID"]]
        return response("SUCCESS", messageKey="sentEndMeetingRequest", message="Ending.")

    def isMeetingRunning(self, parameters):
        meeting = self.by_id.get(parameters.get("meetingID"))
        return response("SUCCESS", running=str(bool(meeting and meeting.people)).lower())

    def getMeetingInfo(self, parameters):
        return response("SUCCESS", **self.find(parameters).info())

    def getMeetings(self, _):
        return response("SUCCESS", meetings=[element("meeting", m.info()) for m in self.by_id.values()])

    CALLS = ("create", "join", "end", "isMeetingRunning", "getMeetingInfo", "getMeetings")

    def answer(self, call, query):
        unsigned, _, checksum = query.rpartition("checksum=")
        unsigned = unsigned.rstrip("&")
        hash_name = HASH_BY_LENGTH.get(len(checksum), "sha256")
        expected = hashlib.new(hash_name, (call + unsigned + NODE_SECRET).encode()).hexdigest()
        try:
            if call not in self.CALLS:
                raise Failed("unsupportedRequest")
            if not hmac.compare_digest(expected.encode(), checksum.encode()):
                raise Failed("checksumError")
            with self.lock:
                return getattr(self, call)(dict(urllib.parse.parse_qsl(unsigned, keep_blank_values=True)))
        except Failed as failed:
            return response("FAILED", messageKey=failed.args[0], message="Failed.")


class Node(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    meetings = Meetings()

    def do_GET(self, body=""):
        url = urllib.parse.urlsplit(self.path)
        answer = self.meetings.answer(url.path.rpartition("/")[2], url.query or body).encode()
        self.send_response(200)
        kind = "text/xml" if answer.startswith(b"<") else "text/plain"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self):
        self.do_GET(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def log_message(self, *_):
        pass


def certificate(folder):
    """A key and a certificate for 127.0.0.1, because bbblb calls its nodes only over https."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "node.pem"
    file.write_bytes(private + made.public_bytes(pem))
    return file


def start_node(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Node)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = certificate(folder)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_address[1]}", file


def main(secret, folder):
    node, file = start_node(folder)
    listener = socket.create_server(("127.0.0.1", 0))
    here = f"127.0.0.1:{listener.getsockname()[1]}"
    os.environ |= {
        "SSL_CERT_FILE": str(file),
        "BBBLB_DOMAIN": here,
        "BBBLB_SECRET": "secret-of-the-balancer-itself",
        "BBBLB_DB": f"sqlite:///{folder}/bbblb.sqlite",
        "BBBLB_PATH_DATA": str(folder),
        "BBBLB_POLL_INTERVAL": "2",
        "BBBLB_POLL_FAIL": "1000",
        "BBBLB_POLL_RECOVER": "0",
        "BBBLB_TENANT_CACHE": "1",
    }
    bbblb = pathlib.Path(sys.executable).parent / "bbblb"
    for arguments in (
        ["tenant", "create", "--realm", here, "--secret", secret, "tests"],
        ["server", "create", "--secret", NODE_SECRET, node],
        ["server", "enable", "--now", node],
    ):
        done = subprocess.run([bbblb, *arguments], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"bbblb {' '.join(arguments[:2])}:\n{done.stdout}{done.stderr}")

    logging.basicConfig(level=logging.WARNING)
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            ready = {"url": f"http://{here}/bigbluebutton/", "node": f"https://{node}"}
            print(json.dumps(ready), flush=True)

    config = uvicorn.Config("bbblb.asgi:app", log_config=None, log_level="warning", access_log=False)
    Server(config).run(sockets=[listener])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(sys.argv[1], pathlib.Path(folder))
