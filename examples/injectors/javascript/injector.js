// A fault by an HTTP API: a resource gets another value, and its former one back.
//
// Works with what takes a value by PUT and gives it by GET: a key-value store, a service for feature flags, WebDAV.

import { send } from "chaos:injector/http@0.2.0";

/** What the host gets as an error. */
function failure(code, message, retryable = false) {
  return { code: { tag: code }, message, retryable };
}

// QuickJS has the language alone, and none of the browser's APIs, so no TextEncoder.
const encode = (text) => Uint8Array.from(unescape(encodeURIComponent(text)), (character) => character.charCodeAt(0));
const decode = (bytes) => decodeURIComponent(escape(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")));

/** An answer's text; null: there is no such resource. Throws what the host threw, and for other answers. */
function ask(method, url, text) {
  const body = text === undefined ? null : encode(text);
  const headers = body === null ? [] : [["content-type", "text/plain; charset=utf-8"]];
  const answer = send({ method, url, headers, body, timeout: null });
  if (answer.status === 404) return null;
  if (answer.status < 200 || answer.status > 299) {
    throw failure("target-unreachable", `${method} ${url} was answered with ${answer.status}`, answer.status >= 500);
  }
  return decode(answer.body);
}

/** What `prepare` found out. All later calls have only this: they may come after a restart, each in a fresh component. */
function read(handle) {
  try {
    const { url, value, former } = JSON.parse(decode(handle.data));
    if (typeof url === "string" && typeof value === "string") return { url, value, former };
  } catch {
    // Told below, like everything else that is no handle of ours.
  }
  throw failure("unknown-handle", "this is no handle of web-setting");
}

export const injector = {
  /** Reads the value as it is, so that it can come back. Changes nothing: the host refuses a PUT here. */
  prepare(context, fault, target, params) {
    if (fault !== "setting") throw failure("invalid-params", `there is no fault \`${fault}\``);
    const given = (name) => {
      const value = params.find((param) => param.name === name)?.value;
      if (value?.tag !== "text") throw failure("invalid-params", `the parameter \`${name}\` is missing or no text`);
      return value.val;
    };
    const [url, value] = [given("url"), given("value")];
    const former = ask("GET", url);
    if (former === value) throw failure("invalid-params", `${url} has this value already: nothing would change`);
    return encode(JSON.stringify({ url, value, former }));
  },

  inject(context, handle) {
    const { url, value } = read(handle);
    if (!context.dryRun) ask("PUT", url, value);
  },

  /** It has no lease that would have to be renewed. */
  renew(context, handle) {
    read(handle);
  },

  /** Gives the former value back, unless somebody has set another one meanwhile, or has done so already. */
  revert(context, handle) {
    const { url, value, former } = read(handle);
    if (context.dryRun || ask("GET", url) !== value) return;
    if (former === null) ask("DELETE", url);
    else ask("PUT", url, former);
  },

  status(context, handle) {
    const { url, value, former } = read(handle);
    const now = ask("GET", url);
    const report = (phase, message) => ({ phase, message, acted: phase === "active" ? 1 : 0, metrics: [] });
    if (now === value) return report("active", `${url} has the value of the fault`);
    if (now === former) return report("reverted", `${url} has its former value`);
    return report("lost", `${url} has a value that somebody else gave it`);
  },
};
