"""CPU seconds that the PyPI package `as4` takes to build and to read a message with the given envelope."""
import subprocess
import sys
import tempfile
import time

peers, envelope = sys.argv[1:3]
sys.path.insert(0, peers)
import as4pkg_engine as engine  # noqa: E402
from as4lib import load_certs, load_party  # noqa: E402

# The keys live as long as this run, in a folder that nobody else can open or prepare.
with tempfile.TemporaryDirectory() as keys:
    subprocess.run(["bash", peers + "/mkpki.sh", keys], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    a = load_party(keys + "/apA.crt.pem", keys + "/apA.key.pem")
    b = load_party(keys + "/apB.crt.pem", keys + "/apB.key.pem")
    anchors = load_certs(keys + "/chain.pem")
data = open(envelope, "rb").read()


def cost(work):
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


wrap, (exchange, headers, body) = cost(lambda: engine.build(a, b, [(data, "text/xml")]))
unwrap, _ = cost(lambda: engine.receive(headers, body, b, anchors))
print(wrap, unwrap)
