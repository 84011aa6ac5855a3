#!/usr/bin/env python3
"""The independent AS4 peers over HTTPS, many exchanges a process. Options are a JSON object, the first argument.

  as4_live.py '{…}' send  < cases   one JSON case a line, POSTed to "url" -> one JSON line each: what came back
  as4_live.py '{…}' serve           answers on 127.0.0.1:"port" with "replies" in order, the last one for ever -> one
                                    JSON line a request; ends by itself after "seconds"

Options: peers (their folder), cert, key (ours), peer (the other's certificate), trust (PEM of all authorities); for send
url, cafile, pmode; for serve port, tls_cert, tls_key, other_cert, other_key (of a third party), out (for payloads).
"""
import http.client, json, os, socket, ssl, struct, sys, threading, time, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

options, command = json.loads(sys.argv[1]), sys.argv[2]
sys.path.insert(0, options["peers"])
from as4lib import *

me, peer = load_party(options["cert"], options["key"]), load_party(options["peer"])
anchors = load_certs(options["trust"])
policy = Policy(anchors, known=[me.cert, peer.cert])
say = lambda **line: print(json.dumps(line), flush=True)


class Sender:
    """One kept connection, made again when the other side has ended it."""
    def __init__(self):
        self.url = urllib.parse.urlsplit(options["url"])
        self.context = ssl.create_default_context(cafile=options["cafile"])
        self.connection = None

    def post(self, content_type, body, chunked):
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(self.url.hostname, self.url.port, timeout=30, context=self.context)
        pieces = (body[i:i + 4096] for i in range(0, len(body), 4096))
        self.connection.request("POST", self.url.path, body=pieces if chunked else body,
                                headers={"Content-Type": content_type}, encode_chunked=chunked)
        response = self.connection.getresponse()
        answer = response.status, response.getheader("Content-Type", ""), response.read()
        if response.will_close: self.close()
        return answer

    def close(self):
        if self.connection: self.connection.close()
        self.connection = None


def build(case):
    payload = (open(case["payload"], "rb").read(), "application/xml")
    if case.get("engine") == "as4pkg":
        import as4pkg_engine
        exchange, headers, body = as4pkg_engine.build(me, peer, [payload], options["pmode"])
        def judge(_, answer):
            exchange.receive_signal(answer)
            return dict(kind="error" if exchange.error else "receipt", errors=[dict(code=e.error_code) for e in exchange.errors])
        return headers["Content-Type"], body, judge
    content_type, body, info = build_user_message(
        me, peer, [payload], options["pmode"], case.get("signature", "bst"), case.get("encryption", "bst"),
        case.get("tamper", "none"), prefixes=case.get("prefixes", "S12").split(),
        chain=anchors[:1] if case.get("signature") == "pkipath" else (), compress=not case.get("plain"),
        pretty=bool(case.get("pretty")), security_first=bool(case.get("securityFirst")))
    return content_type, body, lambda t, answer: verify_signal(t, answer, policy, info["message_id"], info["references"], peer.cert)


def send():
    sender = Sender()
    for line in filter(str.strip, sys.stdin):
        case = json.loads(line); content_type, body, judge = build(case); answers = []
        for _ in range(1 + case.get("resend", 0)):
            try:
                status, answer_type, answer = sender.post(content_type, body, bool(case.get("chunked")))
                answers.append(answer)
                if status != 200: raise ValueError(f"HTTP {status}")
                outcome = dict(http=status, **judge(answer_type, answer))
            except OSError as e: sender.close(); outcome = dict(kind="transport", error=repr(e))
            except http.client.HTTPException as e: sender.close(); outcome = dict(kind="transport", error=repr(e))
            except Exception as e: outcome = dict(kind="invalid", error=f"{type(e).__name__}: {e}")
        say(name=case["name"], http=outcome.get("http"), kind=outcome["kind"], error=outcome.get("error"),
            codes=[e["code"] for e in outcome.get("errors", [])], sameAnswer=len(set(answers)) == 1)


class Peer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock, count = threading.Lock(), 0
    def log_message(self, *_): pass

    def do_POST(self):
        with Peer.lock:
            Peer.count += 1; number = Peer.count
        replies = options["replies"]; reply = replies[min(number, len(replies)) - 1]
        body = self.rfile.read(int(self.headers["Content-Length"])); line = dict(number=number, reply=reply, sha256=hashlib.sha256(body).hexdigest())
        try: self.answer(reply, body, line)
        except Exception as e: line["error"] = f"{type(e).__name__}: {e}"; self.put(500, b"", "text/plain")
        say(**line)

    def answer(self, reply, body, line):
        soap = "application/soap+xml;charset=UTF-8"
        if reply == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True; os.close(self.connection.detach()); return
        if reply == "html": return self.put(502, b"<html><body>Bad gateway</body></html>", "text/html")
        if reply == "http500": return self.put(500, b"internal error", "text/plain")
        if reply == "empty200": return self.put(200, b"", soap)
        if reply == "empty202": return self.put(202, b"", soap)
        if reply == "as4pkg":
            import as4pkg_engine
            exchange, headers, signal = as4pkg_engine.receive(dict(self.headers), body, me, anchors)
            line["id"] = exchange.message_id
            return self.put(200, signal, headers["Content-Type"])
        r = receive_user_message(self.headers["Content-Type"], body, me, policy); line["id"] = r["message_id"]
        line["keyReference"] = r["sig_keyid"]; line["properties"] = r["props"]
        refs, signer, ref, signed = refs_of(r["env"]), me, r["message_id"], True
        if options.get("out"): open(options["out"], "wb").write(r["payloads"][0]["data"])
        if reply.startswith("error:"): return self.put(200, build_signal(me, ref, error=(reply[6:], "injected error")), soap)
        if reply == "wrong-digest": refs[0].find("ds:DigestValue", NS).text = b64(os.urandom(32))
        if reply == "missing-part": refs = refs[:-1]
        if reply == "wrong-ref": ref = "nobody@nowhere"
        if reply == "unsigned": signed = False
        if reply == "wrong-signer": signer = load_party(options["other_cert"], options["other_key"])
        signal = build_signal(signer, ref, refs, signed=signed)
        self.put(200, signal[:len(signal) // 2] if reply == "truncate" else signal, soap)

    def put(self, status, data, content_type):
        self.send_response(status)
        for name, value in (("Content-Type", content_type), ("Content-Length", str(len(data)))): self.send_header(name, value)
        self.end_headers(); self.wfile.write(data)


def serve():
    server = ThreadingHTTPServer(("127.0.0.1", options["port"]), Peer); server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain(options["tls_cert"], options["tls_key"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    timer = threading.Timer(options.get("seconds", 60), server.shutdown); timer.daemon = True; timer.start()
    say(listening=options["port"]); server.serve_forever()


dict(send=send, serve=serve)[command]()
