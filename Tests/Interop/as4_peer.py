#!/usr/bin/env python3
"""Lets the independent peers build, receive and answer messages as files.

  as4_peer.py PEERS PKI build   FOLDER < cases   one JSON object a line -> NAME.as4, NAME.soap (what the peer sent)
  as4_peer.py PEERS PKI receive FOLDER < names   NAME.as4 -> NAME.received, and answers NAME.reply.KIND
  as4_peer.py PEERS PKI verify  FOLDER < names   NAME.response against NAME.soap -> NAME.verdict

A file NAME.as4, NAME.response or NAME.reply.KIND is "Content-Type: ...", an empty line, and the body. The peers are apA
(sends) and apB (receives), with the keys in PKI.
"""
import json, os, sys, traceback

peers, pki, command, folder = sys.argv[1:5]
sys.path.insert(0, peers)
from as4lib import *

def at(name): return os.path.join(folder, name)
def party(name): return load_party(f"{pki}/{name}.crt.pem", f"{pki}/{name}.key.pem")
def save(name, content_type, body): open(at(name), "wb").write(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
def load(name):
    head, _, body = open(at(name), "rb").read().partition(b"\r\n\r\n")
    return head.decode().partition(": ")[2], body
def note(name, value): open(at(name), "w").write(json.dumps(value))

anchors = load_certs(f"{pki}/chain.pem")
a, b, c = party("apA"), party("apB"), party("apC")
policy = Policy(anchors, known=[a.cert, b.cert, c.cert])
REPLIES = "good unsigned wrong-digest missing-part wrong-ref wrong-signer error:EBMS:0004 html empty truncate".split()


def build(case):
    case = json.loads(case); name = case["name"]
    payloads = [(open(at(p), "rb").read(), m) for p, m in case["payloads"]]
    if case.get("engine") == "as4pkg":
        import as4pkg_engine
        exchange, headers, body = as4pkg_engine.build(a, b, payloads)
        save(name + ".as4", headers["Content-Type"], body)
        return
    content_type, body, info = build_user_message(
        a, b, payloads, sig_keyid=case.get("signature", "bst"), enc_keyid=case.get("encryption", "bst"),
        tamper=case.get("tamper", "none"), prefixes=case.get("prefixes", "S12").split(),
        gcm=GCM256 if case.get("aes256") else GCM128, chain=anchors[:1] if case.get("signature") == "pkipath" else (),
        compress=not case.get("plain"), pretty=bool(case.get("pretty")), security_first=bool(case.get("securityFirst")))
    save(name + ".as4", content_type, body)
    open(at(name + ".soap"), "wb").write(info["soap"])


def receive(name):
    content_type, body = load(name + ".as4")
    try:
        r = receive_user_message(content_type, body, b, policy)
    except AS4Error as e:
        return note(name + ".received", dict(ok=False, error=str(e)))
    note(name + ".received", dict(
        ok=True, messageID=r["message_id"], sender=r["from_"], keyReference=r["sig_keyid"], properties=r["props"],
        payloads=[dict(mime=p["mime"], sha256=hashlib.sha256(p["data"]).hexdigest()) for p in r["payloads"]]))
    for kind in REPLIES:
        save(f"{name}.reply.{kind}", *reply(kind, r))
    if r["sig_keyid"] == "bst":
        import as4pkg_engine
        exchange, headers, signal = as4pkg_engine.receive({"Content-Type": content_type}, body, b, anchors)
        save(name + ".reply.as4pkg", headers["Content-Type"], signal)


def reply(kind, r):
    refs, signer, ref, signed = refs_of(r["env"]), b, r["message_id"], True
    if kind == "html": return "text/html", b"<html><body>Bad gateway</body></html>"
    if kind == "empty": return "application/soap+xml", b""
    if kind.startswith("error:"):
        return "application/soap+xml", build_signal(b, ref, error=(kind[6:], "injected error"))
    if kind == "wrong-digest": refs[0].find("ds:DigestValue", NS).text = b64(os.urandom(32))
    if kind == "missing-part": refs = refs[:-1]
    if kind == "wrong-ref": ref = "nobody@nowhere"
    if kind == "unsigned": signed = False
    if kind == "wrong-signer": signer = c
    signal = build_signal(signer, ref, refs, signed=signed)
    return "application/soap+xml;charset=UTF-8", signal[:len(signal) // 2] if kind == "truncate" else signal


def verify(name):
    content_type, body = load(name + ".response")
    env = parse_xml(open(at(name + ".soap"), "rb").read())
    message_id = env.findtext(".//eb:MessageId", None, NS)
    try: verdict = verify_signal(content_type, body, policy, message_id, refs_of(env), b.cert)
    except AS4Error as e: verdict = dict(kind="refused", error=str(e))
    note(name + ".verdict", verdict)


for line in sys.stdin:
    if line.strip(): dict(build=build, receive=receive, verify=verify)[command](line.strip())
