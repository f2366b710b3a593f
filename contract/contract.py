"""Checks a local system with HubSpot's own PyPI client: python contract.py BASE_URL

The same as contract.mjs: the client signs, our webhooks verify; the client registers URLs, our
settings API answers; then the local HubSpot schedules a meeting with exactly these URLs.
"""

import itertools
import json
import sys
import time
import unittest

import hubspot
import urllib3
from hubspot.crm.extensions.videoconferencing import ApiException
from hubspot.crm.extensions.videoconferencing import ExternalSettings
from hubspot.utils.signature import Signature

if len(sys.argv) < 2:
    sys.exit("give the system's base URL")
BASE = sys.argv.pop(1)
# The example secret of HubSpot's documentation, which the local system knows.
CLIENT_SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
VERSIONS = ["v1", "v2", "v3"]
QUERIES = ["", "?tenant=a%3Ab%2Fc&name=x%20y"]
TOPICS = ["A Test Meeting", "Démo 🎥 — Zürich"]
USER = {"portalId": 123123, "userEmail": "test.user@example.com"}
TIMES = {"startTime": 1934197600000, "endTime": 1934201200000}


def encode(body):
    return json.dumps(body, ensure_ascii=False)


def meeting(topic, **more):
    return encode({**USER, **TIMES, "userId": 123, "topic": topic, **more})


def headers(version, url, body):
    timestamp = str(int(time.time() * 1000))
    signature = Signature.get_signature(CLIENT_SECRET, body, version, url, "POST", timestamp)
    if version == "v3":
        return {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": timestamp}
    return {"X-HubSpot-Signature": signature, "X-HubSpot-Signature-Version": version}


def post(version, path, signed, sent=None):
    """Sends `sent`, with the signature of `signed`, which is also what is sent by default."""
    url = BASE + path
    content = {"content-type": "application/json", **headers(version, url, signed)}
    body = (signed if sent is None else sent).encode("utf-8")
    answer = urllib3.request("POST", url, body=body, headers=content, retries=False)
    return answer.status, json.loads(answer.data) if answer.data else None


def call(method, path, body=None):
    answer = urllib3.request(method, BASE + path, json=body, retries=False)
    if answer.status >= 300:
        raise AssertionError(f"{method} {path}: {answer.status}")
    return json.loads(answer.data)


def settings_api(**options):
    client = hubspot.Client.create(host=BASE, **options)
    return client.crm.extensions.videoconferencing.settings_api


class Webhooks(unittest.TestCase):
    def test_all_four_accept_every_signature(self):
        for version, query, topic in itertools.product(VERSIONS, QUERIES, TOPICS):
            with self.subTest(version=version, query=query, topic=topic):
                status, verified = post(version, "/verify-user" + query, encode(USER))
                self.assertEqual(status, 200)
                self.assertIsInstance(verified["id"], str)
                # A source that no other test uses, to make this a separate meeting.
                body = meeting(topic, source=f"python {version} {query}")
                status, created = post(version, "/create-meeting" + query, body)
                self.assertEqual(status, 200)
                self.assertIn(created["conferenceUrl"], created["conferenceDetails"])
                conference = {"conferenceId": created["conferenceId"]}
                body = meeting(topic + "!", **conference)
                self.assertEqual(post(version, "/update-meeting" + query, body)[0], 204)
                body = encode(conference)
                self.assertEqual(post(version, "/delete-meeting" + query, body)[0], 204)

    def test_one_byte_changed_after_signing_is_refused_by_all_four(self):
        conference = {"conferenceId": "abcdefghijklmnopqrstuvwx27"}
        bodies = {
            "/verify-user": encode(USER),
            "/create-meeting": meeting("Démo 🎥", source="MEETINGS"),
            "/update-meeting": meeting("Démo 🎥", **conference),
            "/delete-meeting": encode(conference),
        }
        for version, (path, body) in itertools.product(VERSIONS, bodies.items()):
            with self.subTest(version=version, path=path):
                status, error = post(version, path, body, body + " ")
                self.assertEqual(status, 401)
                self.assertEqual(error["category"], "INVALID_SIGNATURE")


class Settings(unittest.TestCase):
    def fails_with(self, status, function, *arguments):
        with self.assertRaises(ApiException) as caught:
            function(*arguments)
        self.assertEqual(caught.exception.status, status)

    def test_the_clients_settings_calls_are_answered(self):
        api = settings_api(api_key="any-key")
        settings = ExternalSettings(
            create_meeting_url="https://vc.example.com/create",
            user_verify_url="https://vc.example.com/verify",
        )
        self.fails_with(404, api.get_by_id, 3)
        put = api.replace(3, settings)
        self.assertEqual(put.create_meeting_url, settings.create_meeting_url)
        got = api.get_by_id(3)
        self.assertEqual(got.user_verify_url, settings.user_verify_url)
        self.assertIsNone(got.update_meeting_url)
        api.archive(3)
        api.archive(3)
        self.fails_with(404, api.get_by_id, 3)

    def test_without_a_key_or_with_http_it_refuses(self):
        self.fails_with(401, settings_api().get_by_id, 3)
        settings = ExternalSettings(create_meeting_url="http://vc.example.com/create")
        self.fails_with(400, settings_api(api_key="any-key").replace, 3, settings)

    def test_a_meeting_goes_to_the_urls_that_the_client_registered(self):
        api = settings_api(api_key="any-key")
        create_url = BASE + "/create-meeting?client=python"
        verify_url = BASE + "/verify-user?client=python"
        api.replace(3, ExternalSettings(create_meeting_url=create_url, user_verify_url=verify_url))
        plan = {**TIMES, "title": "By PyPI", "host": USER["userEmail"], "source": "MANUAL"}
        scheduled = call("POST", "/hubspot/meetings", plan)
        self.assertTrue(scheduled["conferenceUrl"].startswith(BASE + "/join/"))
        state = call("GET", "/hubspot/state")
        self.assertEqual(state["app"]["appId"], 3)
        create, verify = state["requests"][:2]
        self.assertEqual((verify["request"]["url"], verify["answer"]["status"]), (verify_url, 200))
        self.assertEqual((create["request"]["url"], create["answer"]["status"]), (create_url, 200))
        sent = create["request"]
        self.assertTrue(Signature.is_valid(
            sent["headers"]["x-hubspot-signature-v3"],
            CLIENT_SECRET,
            sent["body"],
            sent["url"],
            sent["method"],
            "v3",
            sent["headers"]["x-hubspot-request-timestamp"],
        ))
        api.archive(3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
