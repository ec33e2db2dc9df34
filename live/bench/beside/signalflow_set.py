"""The same work in signalflow, on JACK: N looping players with filter and balance, N spectral treatments. Obeys lines."""

import sys

import signalflow as sf

config = sf.AudioGraphConfig()
config.backend_name = "jack"
config.sample_rate = 48000
config.output_buffer_size = int(sys.argv[2])
config.cpu_usage_limit = 0
graph = sf.AudioGraph(config=config, start=True)
sound = sf.Buffer(sys.argv[1])
hiss = sf.WhiteNoise()
made = []


def player(i):
    played = sf.BufferPlayer(sound, rate=1.01 + 0.001 * (i % 40), loop=True)
    soft = sf.SVFilter(played, "low_pass", cutoff=500 + 40 * (i % 100), resonance=0.3)
    return sf.StereoBalance(soft, (i % 21) / 10 - 1) * 0.002


def effect(i):
    return sf.IFFT(sf.FFTContrast(sf.FFT(hiss, 2048, 512, 2048), 1.1)) * 0.002


print("done", flush=True)
for line in sys.stdin:
    work, n = line.split()
    for node in made:
        node.stop()
    made.clear()
    for i in range(int(n)):
        node = (player if work == "players" else effect)(i)
        node.play()
        made.append(node)
    print("done", flush=True)
