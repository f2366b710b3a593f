"""The stack's options, the forms that are tested one by one, and the choices that are combined."""

from forms import REGION

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
QUIET_ALARM = {"AlarmQuietHours": "12"}
TRACING = {"Tracing": "true"}
NO_PLATFORM_LOGS = {"PlatformLogs": "false"}
FIPS = {"UseFipsEndpoint": "true"}
DUALSTACK = {"UseDualstackEndpoint": "true"}
BOUNDARY = {"PermissionsBoundary": "arn:aws:iam::123456789012:policy/Developers"}
NOT_KEPT_WARM = {"KeepWarm": "false"}
JITSI = {"VideoSystem": "jitsi", "VideoSystemUrl": "https://meet.jit.si", "ConferenceUrlTemplate": ""}
JAAS = {"VideoSystem": "jaas", "Moderators": "host", "JoinClosesHours": "0"}
OPENS = {"JoinOpensMinutes": "10"}
TAKEN_OVER = {
    "VideoSystemSecretArn": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:VideoSystemSecret-Ab12Cd-Ef34Gh"
}
EVENTS = {"ConferenceEventBusName": "default"}

FORMS = {
    "defaults": {},
    "alarm topic": TOPIC,
    "canary": CANARY,
    "linear": LINEAR,
    "domain name": DOMAIN,
    "domain name in a hosted zone": DOMAIN | ZONE,
    "proxy": PROXY,
    "proxy before a domain name": PROXY | DOMAIN,
    "reserved concurrency": RESERVED,
    "customer managed key": OWN_KEY,
    "closed default address": DOMAIN | CLOSED,
    "alarm when quiet": QUIET_ALARM,
    "traces": TRACING,
    "no platform logs": NO_PLATFORM_LOGS,
    "FIPS and dual-stack endpoints": FIPS | DUALSTACK,
    "permissions boundary": BOUNDARY,
    "not kept warm": NOT_KEPT_WARM,
    "video system": JITSI,
    "video system with a secret taken over": JAAS | TAKEN_OVER | OPENS,
    "event bus": EVENTS,
    "other settings": {"Architecture": "x86_64", "MinSignatureVersion": "v3", "UserVerification": "open"},
    "everything": TOPIC | CANARY | DOMAIN | CLOSED | ZONE | PROXY | OWN_KEY | RESERVED | QUIET_ALARM
    | TRACING | FIPS | DUALSTACK | BOUNDARY | JITSI | EVENTS,
}

# How traffic moves to a new version.
TRAFFIC = "traffic"

# The choices that decide which resources exist and what they contain. Any value of one choice can be combined with
# any value of another. The first value is the default.
CHOICES = {
    TRAFFIC: [{}, CANARY, LINEAR],
    "address": [{}, DOMAIN, DOMAIN | ZONE, DOMAIN | CLOSED, DOMAIN | ZONE | CLOSED],
    "proxy": [{}, PROXY],
    "video system": [{}, JITSI, JAAS | TAKEN_OVER],
    "opening": [{}, OPENS],
    "events": [{}, EVENTS],
    "key": [{}, OWN_KEY],
    "boundary": [{}, BOUNDARY],
    "topic": [{}, TOPIC],
    "quiet alarm": [{}, QUIET_ALARM],
    "traces": [{}, TRACING],
    "platform logs": [{}, NO_PLATFORM_LOGS],
    "FIPS": [{}, FIPS],
    "dual-stack": [{}, DUALSTACK],
    "keep warm": [{}, NOT_KEPT_WARM],
    "concurrency": [{}, RESERVED],
}
