"""Create on Python with AWS's SDK, to compare its cold start with the function's.

It reads the secret, then answers each event: it checks the signature, stores the conference with one conditional
PutItem, and returns the link. The loop at the end does what Lambda's runtime for Python does.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import time

import boto3

TOLERANCE_MS = 5 * 60 * 1000
RETENTION_SECONDS = 90 * 24 * 60 * 60


def read_secret():
    secret_id = os.environ.get("HUBSPOT_SECRET_ID")
    if not secret_id:
        return os.environ["HUBSPOT_CLIENT_SECRET"], os.environ["CONFERENCE_KEY"]
    stored = boto3.client("secretsmanager").get_secret_value(SecretId=secret_id)
    secret = json.loads(stored["SecretString"])
    return secret["clientSecret"], secret["conferenceKey"]


def is_signed(event, body, client_secret):
    """https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests, version 3."""
    signature = event["headers"].get("x-hubspot-signature-v3", "")
    timestamp = event["headers"].get("x-hubspot-request-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() * 1000 - int(timestamp)) > TOLERANCE_MS:
        return False
    context = event["requestContext"]
    url = f"https://{context['domainName']}{event['rawPath']}"
    signed = (context["http"]["method"] + url + body + timestamp).encode()
    expected = base64.b64encode(mac(client_secret, signed)).decode()
    return hmac.compare_digest(expected, signature)


def mac(key, message):
    return hmac.new(key.encode(), message, hashlib.sha256).digest()


def derive(key, fields):
    return base64.b32encode(mac(key, json.dumps(fields).encode())).decode()[:26].lower()


def create(event, store, client_secret, conference_key):
    body = event["body"]
    if event["isBase64Encoded"]:
        body = base64.b64decode(body).decode()
    if not is_signed(event, body, client_secret):
        return answer(401, {"status": "error", "category": "INVALID_SIGNATURE"})
    meeting = json.loads(body)
    details = ("portalId", "userId", "userEmail", "topic", "source", "startTime", "endTime")
    conference_id = derive(conference_key, [meeting[name] for name in details])
    room = derive(conference_key, ["room", conference_id])
    url = os.environ["CONFERENCE_URL_TEMPLATE"].replace("{room}", room)
    now = int(time.time())
    try:
        store.put_item(
            TableName=os.environ.get("CONFERENCES_TABLE", "conferences"),
            Item={
                "conferenceId": {"S": conference_id},
                "portalId": {"N": str(meeting["portalId"])},
                "userId": {"N": str(meeting["userId"])},
                "userEmail": {"S": meeting["userEmail"]},
                "topic": {"S": meeting["topic"]},
                "source": {"S": meeting["source"]},
                "startTime": {"N": str(meeting["startTime"])},
                "endTime": {"N": str(meeting["endTime"])},
                "conferenceUrl": {"S": url},
                "createdAt": {"N": str(now * 1000)},
                "signedAt": {"N": event["headers"]["x-hubspot-request-timestamp"]},
                "revision": {"N": "1"},
                "expiresAt": {"N": str(now + RETENTION_SECONDS)},
            },
            ConditionExpression="attribute_not_exists(conferenceId)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except store.exceptions.ConditionalCheckFailedException as error:
        url = error.response["Item"]["conferenceUrl"]["S"]
    reply = {"conferenceId": conference_id, "conferenceUrl": url}
    return answer(200, reply | {"conferenceDetails": f"Join the meeting:\n{url}"})


def answer(status, body):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def main():
    store = boto3.client("dynamodb")
    secret = read_secret()
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    path = "/2018-06-01/runtime/invocation/"
    while True:
        runtime.request("GET", f"{path}next")
        response = runtime.getresponse()
        request_id = response.headers["lambda-runtime-aws-request-id"]
        answered = create(json.loads(response.read()), store, *secret)
        runtime.request("POST", f"{path}{request_id}/response", json.dumps(answered))
        runtime.getresponse().read()


main()
