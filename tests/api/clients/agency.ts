// An agency's program by openapi-fetch and the types that openapi-typescript generates.
// Reads what to do as JSON from its argument, prints what came of it as JSON.

import createClient from "openapi-fetch";
import { Webhook } from "standardwebhooks";
import type { components, paths } from "./miaopi.js";

declare const process: { argv: string[] };

type Submission = components["schemas"]["Submission"];
type Decided = components["schemas"]["ApplicationDecidedSent"];
type Asked = {
  url: string;
  token: string;
  body: Submission;
  number?: string;
  secret: string;
  message: { body: string; headers: Record<string, string> };
};

const asked: Asked = JSON.parse(process.argv[2] ?? "");
const site = createClient<paths>({
  baseUrl: asked.url,
  headers: { Authorization: `Bearer ${asked.token}` },
});
const settled = ["approved", "refused", "review", "returned"];

function present<T>(value: T | undefined | null, problem?: unknown): T {
  if (value === undefined || value === null) throw new Error(JSON.stringify(problem ?? "nothing"));
  return value;
}

async function handIn(body: Submission) {
  const shown = await site.GET("/api/v1/services/{code}", {
    params: { path: { code: body.service } },
  });
  const submitted = await site.POST("/api/v1/applications", {
    params: { header: { "Idempotency-Key": crypto.randomUUID(), Prefer: "wait=5" } },
    body: { ...body, edition: present(shown.data, shown.error).edition },
  });
  let found = present(submitted.data, submitted.error);
  for (const ends = Date.now() + 60_000; !settled.includes(found.state) && Date.now() < ends; ) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const read = await site.GET("/api/v1/applications/{number}", {
      params: { path: { number: found.number } },
    });
    found = present(read.data, read.error);
  }
  return { number: found.number, state: found.state, outcome: present(found.decision).outcome };
}

async function verify(number: string) {
  const path = { params: { path: { number } } };
  const { data, response } = await site.GET("/api/v1/applications/{number}/receipt", {
    ...path,
    parseAs: "arrayBuffer",
  });
  const receipt = present(data);
  const published = present((await site.GET("/.well-known/jwks.json")).data);
  const jwk = present(published.keys.find((key) => key.kid === response.headers.get("Signature-Key")));
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "Ed25519" }, false, ["verify"]);
  const hex = present(response.headers.get("Signature-Hex"));
  const signature = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const genuine = await crypto.subtle.verify({ name: "Ed25519" }, key, signature, receipt);
  if (!genuine) throw new Error("the receipt's signature does not fit");
  const parsed: components["schemas"]["Receipt"] = JSON.parse(new TextDecoder().decode(receipt));
  const taken = new Webhook(asked.secret).verify(asked.message.body, asked.message.headers);
  return { outcome: parsed.outcome, told: (taken as Decided).data.application };
}

console.log(JSON.stringify(asked.number ? await verify(asked.number) : await handIn(asked.body)));
