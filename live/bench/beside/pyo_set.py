"""The same work in pyo, on JACK: N looping players with filter and balance, N spectral treatments. Obeys lines."""

import os
import sys

os.environ["PYO_GUI_WX"] = "0"
from pyo import Biquad, Noise, PVAnal, PVGate, PVSynth, Server, SndTable, TableRead

server = Server(sr=48000, nchnls=2, buffersize=int(sys.argv[2]), duplex=0, audio="jack", jackname="pyo")
server.setVerbosity(1)
server.boot()
server.start()
if not server.getIsStarted():
    sys.exit("pyo found no JACK server")
table = SndTable(sys.argv[1])
hiss = Noise(0.1)
made = []


def player(i):
    sound = TableRead(table, freq=table.getRate() * (1.01 + 0.001 * (i % 40)), loop=1, interp=4)
    side = (i % 21) / 20
    soft = Biquad(sound, freq=500 + 40 * (i % 100), q=1.4, type=0, mul=[0.002 * (1 - side), 0.002 * side])
    return sound, soft, soft.out()


def effect(i):
    bins = PVAnal(hiss, size=2048, overlaps=4)
    gate = PVGate(bins, thresh=-60, damp=0.0)
    return bins, gate, PVSynth(gate, mul=0.002).out()


print("done", flush=True)
for line in sys.stdin:
    work, n = line.split()
    for parts in made:
        for part in parts:
            part.stop()
    made.clear()
    made += [(player if work == "players" else effect)(i) for i in range(int(n))]
    print("done", flush=True)
