"""locust's cheapest user with soft-webauthn: start and verify of v2's passkey over REST, attestation none.

    SUBJECTS=subjects.json locust -f peer.py --headless -u 16 -r 100 -t 4s --host BASE_URL    prints cycles and microseconds
    python peer.py attest OPTIONS.json COUNT                                                  the same for attestations alone
"""

import base64
import json
import os
import resource
import sys
import time

from soft_webauthn import SoftWebauthnDevice


def spent():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return int((usage.ru_utime + usage.ru_stime) * 1e6)


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def attest(options):
    public_key = dict(options["publicKey"])
    public_key["challenge"] = decode(public_key["challenge"])
    public_key["user"] = dict(public_key["user"], id=decode(public_key["user"]["id"]))
    made = SoftWebauthnDevice().create({"publicKey": public_key}, "https://localhost")
    response = {name: encode(value) for name, value in made["response"].items()}
    own = encode(made["rawId"])
    return {"id": own, "rawId": own, "type": "public-key", "response": response, "clientExtensionResults": {}}


if __name__ == "__main__" and sys.argv[1:2] == ["attest"]:
    with open(sys.argv[2]) as file:
        options = json.load(file)
    count, before = int(sys.argv[3]), spent()
    for _ in range(count):
        json.dumps(attest(options))
    print(count, spent() - before)
elif "SUBJECTS" in os.environ:
    from locust import FastHttpUser, events, task

    with open(os.environ["SUBJECTS"]) as file:
        SUBJECTS = json.load(file)["subjects"]
    BEGUN = time.monotonic()
    SEEN = {"done": 0, "users": 0, "warm": None}

    class Enrolment(FastHttpUser):
        def on_start(self):
            self.subject = SUBJECTS[SEEN["users"]]
            SEEN["users"] += 1
            self.headers = {"Authorization": "Bearer " + self.subject["token"], "Content-Type": "application/json"}

        @task
        def cycle(self):
            if SEEN["warm"] is None and time.monotonic() > BEGUN + 1.5:
                SEEN["warm"] = (SEEN["done"], spent())
            path = f"/v2/users/{self.subject['userId']}/passkeys"
            started = self.client.post(path, data="{}", headers=self.headers, name="start").json()
            credential = attest(started["publicKeyCredentialCreationOptions"])
            body = json.dumps({"publicKeyCredential": credential, "passkeyName": "peer"})
            path = f"{path}/{started['passkeyId']}"
            assert self.client.post(path, data=body, headers=self.headers, name="verify").status_code == 200
            SEEN["done"] += 1

    @events.test_stop.add_listener
    def stop(**_):
        done, before = SEEN["warm"]
        print(SEEN["done"] - done, spent() - before)
