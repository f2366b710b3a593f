"""The options of the stack, the forms that are tested one by one, and how all of them are combined.

Run as a program, it writes a form for each combination into a folder, for checkov:
python testbed/stack/choices.py FOLDER
"""

import functools
import itertools
import json
import operator
import re
import sys
from pathlib import Path

from forms import REGION, ROOT, Form

TOPIC = {"AlarmTopicArn": f"arn:aws:sns:{REGION}:123456789012:alarms"}
DOMAIN = {
    "DomainName": "vc.example.com",
    "CertificateArn": f"arn:aws:acm:{REGION}:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef",
}
ZONE = {"HostedZoneId": "Z0123456789ABCDEFGHIJ"}
PROXY = {"PublicBaseUrl": "https://www.example.com/hubspot"}
OWN_KEY = {"CustomerManagedKey": "true"}
RESERVED = {"ReservedConcurrency": "5"}
CANARY = {"GradualDeployment": "canary"}
LINEAR = {"GradualDeployment": "linear"}
CLOSED = {"DisableExecuteApiEndpoint": "true"}
QUIET = {"AlarmQuietHours": "12"}
TRACING = {"Tracing": "true"}
NO_PLATFORM_LOGS = {"PlatformLogs": "false"}
FIPS = {"UseFipsEndpoint": "true"}
DUALSTACK = {"UseDualstackEndpoint": "true"}
BOUNDARY = {"PermissionsBoundary": "arn:aws:iam::123456789012:policy/Developers"}
COLD = {"KeepWarm": "false"}
JITSI = {"VideoSystem": "jitsi", "VideoSystemUrl": "https://meet.jit.si", "ConferenceUrlTemplate": ""}
JAAS = {"VideoSystem": "jaas", "Moderators": "host", "JoinOpensMinutes": "10", "JoinClosesHours": "0"}
TAKEN_OVER = {
    "VideoSystemSecretArn": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:VideoSystemSecret-Ab12Cd-Ef34Gh"
}
EVENTS = {"ConferenceEventBusName": "default"}

FORMS = {
    "as it comes": {},
    "alarms that tell somebody": TOPIC,
    "canary": CANARY,
    "linear": LINEAR,
    "domain name": DOMAIN,
    "domain name in a hosted zone": DOMAIN | ZONE,
    "proxy": PROXY,
    "proxy before a domain name": PROXY | DOMAIN,
    "reserved concurrency": RESERVED,
    "customer managed key": OWN_KEY,
    "closed default address": DOMAIN | CLOSED,
    "alarm when quiet": QUIET,
    "traces": TRACING,
    "no platform logs": NO_PLATFORM_LOGS,
    "FIPS and dual-stack endpoints": FIPS | DUALSTACK,
    "permissions boundary": BOUNDARY,
    "not kept warm": COLD,
    "video system": JITSI,
    "video system with a secret taken over": JAAS | TAKEN_OVER,
    "event bus": EVENTS,
    "other settings": {"Architecture": "x86_64", "MinSignatureVersion": "v3", "UserVerification": "open"},
    "everything": TOPIC | CANARY | DOMAIN | CLOSED | ZONE | PROXY | OWN_KEY | RESERVED | QUIET
    | TRACING | FIPS | DUALSTACK | BOUNDARY | JITSI | EVENTS,
}

# The choices, each with its default.
CHOICES = {
    "traffic": [{}, CANARY, LINEAR],
    "address": [{}, DOMAIN, DOMAIN | ZONE, DOMAIN | CLOSED],
    "proxy": [{}, PROXY],
    "video system": [{}, JITSI, JAAS | TAKEN_OVER],
    "events": [{}, EVENTS],
    "key": [{}, OWN_KEY],
    "boundary": [{}, BOUNDARY],
    "topic": [{}, TOPIC],
    "quiet": [{}, QUIET],
    "traces": [{}, TRACING],
    "platform logs": [{}, NO_PLATFORM_LOGS],
    "FIPS": [{}, FIPS],
    "dual-stack": [{}, DUALSTACK],
    "warm": [{}, COLD],
    "concurrency": [{}, RESERVED],
}


def pairs():
    """A small set of combinations in which every pair of values of two choices occurs at least once."""
    left = {
        ((one, i), (other, j))
        for one, other in itertools.combinations(CHOICES, 2)
        for i, j in itertools.product(range(len(CHOICES[one])), range(len(CHOICES[other])))
    }
    while left:
        (first, i), (second, j) = min(left)
        chosen = {first: i, second: j}
        for name in CHOICES:
            if name not in chosen:
                met = {
                    value: sum(
                        (((name, value), other) in left) or ((other, (name, value)) in left) for other in chosen.items()
                    )
                    for value in range(len(CHOICES[name]))
                }
                chosen[name] = max(met, key=met.get)
        left -= set(itertools.product(chosen.items(), repeat=2))
        yield {name: CHOICES[name][value] for name, value in chosen.items()}


def form_of(choices):
    return Form(functools.reduce(operator.or_, choices.values()))


# What checkov requires and an option provides: reserved concurrency, and a customer managed key for tables and logs.
LEFT_TO_OPTIONS = {"CKV_AWS_115", "CKV_AWS_119", "CKV_AWS_158"}


def overlooked():
    """The other checks that checkov skips; the reasons are at the resources in template.yaml."""
    return sorted(LEFT_TO_OPTIONS | set(re.findall(r"checkov:skip=(\w+):", (ROOT / "template.yaml").read_text())))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, choices in enumerate(pairs()):
        form = form_of(choices)
        template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": form.resources, "Outputs": form.outputs}
        (folder / f"{number}.json").write_text(json.dumps(template, indent=1))
    print(",".join(overlooked()))
