// A plain loop of Node's fetch with nid-webauthn-emulator: start and verify of v2's passkey over REST.
//
//   node peer.mjs cycle BASE_URL SUBJECTS.json SECONDS    prints cycles and microseconds of processor time
//   node peer.mjs attest OPTIONS.json COUNT               the same for attestations alone
import { readFileSync } from "node:fs";
import emulator from "nid-webauthn-emulator";

const connections = 16;

// An emulator of its own each time: it keeps what it has made.
const attest = (options) => new emulator.WebAuthnEmulator().createJSON("https://localhost", options.publicKey);

async function post(url, token, body) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const reply = await fetch(url, { method: "POST", headers, body });
  const text = await reply.text();
  if (reply.status !== 200) throw new Error(`${reply.status} ${text}`);
  return JSON.parse(text);
}

async function cycle(base, { userId, token }) {
  const url = `${base}/v2/users/${userId}/passkeys`;
  const started = await post(url, token, "{}");
  const publicKeyCredential = attest(started.publicKeyCredentialCreationOptions);
  await post(`${url}/${started.passkeyId}`, token, JSON.stringify({ publicKeyCredential, passkeyName: "peer" }));
}

const spent = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const [role, first, second, third] = process.argv.slice(2);
if (role === "attest") {
  const options = JSON.parse(readFileSync(first));
  const before = spent();
  for (let n = 0; n < Number(second); n++) JSON.stringify(attest(options));
  console.log(second, spent() - before);
} else {
  const { subjects } = JSON.parse(readFileSync(second));
  const end = Date.now() + 500 + 1000 * Number(third);
  let [done, before, cycles] = [0, 0, 0];
  const worker = async (user) => {
    while (Date.now() < end) {
      await cycle(first, user);
      done += 1;
    }
  };
  setTimeout(() => ([before, cycles] = [spent(), done]), 500);
  await Promise.all(subjects.slice(0, connections).map(worker));
  console.log(done - cycles, spent() - before);
}
