import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["SIGNING_SECRET"])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            join = webhook.verify(body, {k.lower(): v for k, v in self.headers.items()})["data"]
        except WebhookVerificationError:
            return self.send_error(401)
        url = f"https://rooms.example.com/{join['room']}?as={join['role']}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"url": url}).encode())


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
