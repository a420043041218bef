// Standard Webhooks with its published libraries. Standard input: {secret, received: [{headers,
// body}], send: [{id, timestamp, body}]}, bodies in base64. Standard output: {verified: {library:
// [what it read, or null]}, signed: {library: [signature]}}.
import { readFileSync } from "node:fs";
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";

const { secret, received, send } = JSON.parse(readFileSync(0, "utf8"));
const text = (body) => Buffer.from(body, "base64").toString("utf8");
const answer = { verified: {}, signed: {} };
for (const [name, Webhook] of Object.entries({ standardwebhooks: Standard, svix: Svix })) {
  const theirs = new Webhook(secret);
  answer.verified[name] = received.map(({ headers, body }) => {
    try {
      return theirs.verify(text(body), headers);
    } catch {
      return null;
    }
  });
  answer.signed[name] = send.map(({ id, timestamp, body }) =>
    theirs.sign(id, new Date(timestamp * 1000), text(body)),
  );
}
process.stdout.write(JSON.stringify(answer));
