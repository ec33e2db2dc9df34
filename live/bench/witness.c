/* The witness as plain C: the same callbacks as in witness.py, cell for cell.
   No JACK header is needed: the library's functions come as addresses in the cells. */
#include <stdint.h>

enum { CLIENT, PORTS, IN, OUT = IN + 8, GET_BUFFER = OUT + 8, LAST_FRAME, GET_TIME, LOG, LOG_ROOM, LOG_COUNT,
       SOUND, ROOM, HEARD, OPEN, MIDI_CLEAR, MIDI_WRITE, CUES, CUES_COUNT, CUES_DONE };

typedef float *(*get_buffer)(int64_t port, uint32_t n);
typedef uint32_t (*last_frame)(int64_t client);
typedef uint64_t (*get_time)(void);
typedef void (*midi_clear)(void *buffer);
typedef int (*midi_write)(void *buffer, uint32_t time, const uint8_t *data, uint64_t size);

static void note_cycle(int64_t *c, int64_t frame, int64_t n) {
    if (!c[OPEN] || c[LOG_COUNT] >= c[LOG_ROOM]) return;
    int64_t *row = (int64_t *)c[LOG] + 4 * c[LOG_COUNT];
    row[0] = frame; row[1] = n; row[2] = (int64_t)((get_time)c[GET_TIME])(); row[3] = c[HEARD];
    c[LOG_COUNT]++;
}

int send(uint32_t n, int64_t *c) {
    int64_t t = ((last_frame)c[LAST_FRAME])(c[CLIENT]);
    for (int64_t k = 0; k < c[PORTS]; k++) {
        float *out = ((get_buffer)c[GET_BUFFER])(c[OUT + k], n);
        for (uint32_t i = 0; i < n; i++) {
            int64_t code = (t + i + k * 131071) & 0xFFFFF;
            float x = (float)code / 4194304.0f;
            out[i] = (((t + i) >> 3) & 1) ? -x : x;
        }
    }
    note_cycle(c, t, n);
    return 0;
}

int steady(uint32_t n, int64_t *c) {
    int64_t t = ((last_frame)c[LAST_FRAME])(c[CLIENT]);
    for (int64_t k = 0; k < c[PORTS]; k++) {
        float *out = ((get_buffer)c[GET_BUFFER])(c[OUT + k], n);
        for (uint32_t i = 0; i < n; i++) out[i] = (((t + i) >> 3) & 1) ? -0.25f : 0.25f;
    }
    return 0;
}

int copy(uint32_t n, int64_t *c) {
    for (int64_t k = 0; k < c[PORTS]; k++) {
        float *in = ((get_buffer)c[GET_BUFFER])(c[IN + k], n), *out = ((get_buffer)c[GET_BUFFER])(c[OUT + k], n);
        for (uint32_t i = 0; i < n; i++) out[i] = in[i];
    }
    return 0;
}

int hear(uint32_t n, int64_t *c) {
    int64_t t = ((last_frame)c[LAST_FRAME])(c[CLIENT]), at = c[HEARD];
    note_cycle(c, t, n);
    if (!c[OPEN] || at + n > c[ROOM]) return 0;
    for (int64_t k = 0; k < c[PORTS]; k++) {
        float *in = ((get_buffer)c[GET_BUFFER])(c[IN + k], n), *keep = (float *)c[SOUND] + k * c[ROOM] + at;
        for (uint32_t i = 0; i < n; i++) keep[i] = in[i];
    }
    c[HEARD] = at + n;
    return 0;
}

int knob(uint32_t n, int64_t *c) {
    int64_t t = ((last_frame)c[LAST_FRAME])(c[CLIENT]);
    void *out = ((get_buffer)c[GET_BUFFER])(c[OUT], n);
    ((midi_clear)c[MIDI_CLEAR])(out);
    if (!c[OPEN]) return 0;
    while (c[CUES_DONE] < c[CUES_COUNT]) {
        int64_t *cue = (int64_t *)c[CUES] + 4 * c[CUES_DONE];
        if (cue[0] >= t + n) break;
        uint32_t at = cue[0] > t ? (uint32_t)(cue[0] - t) : 0;
        uint8_t data[3] = {0xB0, (uint8_t)cue[1], (uint8_t)cue[2]};
        if (((midi_write)c[MIDI_WRITE])(out, at, data, 3) != 0) break;
        cue[3] = t + at;
        c[CUES_DONE]++;
    }
    return 0;
}
