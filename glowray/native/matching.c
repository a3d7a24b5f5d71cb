/* Match texts with an automaton in which the next byte decides the next state: see matching.pyi. */
#include "texts.h"

enum { UNKNOWN = 254, NO_STATE = 255 }; /* of a table of next states */
enum { NONE = 0, FOUND = 1, UNCLEAR = 2 };
enum { MOST_EVENTS = 64 };

typedef struct {
    const uint8_t *next;    /* 256 next states for each state */
    const uint8_t *accepts; /* for each state, whether the match may end there */
    const uint8_t *ranks;   /* for each state, how many events are behind it */
    Py_ssize_t states, events;
    int anchored;        /* whether a match begins at the first byte */
    int whole;           /* whether a match ends at the end of the text */
    int before_line_end; /* whether it may end before a line feed that ends the text, too */
} Automaton;

static inline int may_end(const Automaton *automaton, const uint8_t *at, const uint8_t *end)
{
    return !automaton->whole || at == end || (automaton->before_line_end && at + 1 == end && *at == '\n');
}

/* Match from one place. Write the end of the longest match, and the place of each event on its way. */
static int match_at(const Automaton *automaton, const uint8_t *at, const uint8_t *end, const uint8_t **stop,
                    const uint8_t **times)
{
    uint8_t state = 0, done = 0;
    *stop = automaton->accepts[0] && may_end(automaton, at, end) ? at : NULL;
    while (at < end) {
        const uint8_t byte = *at, next = automaton->next[256 * state + byte];
        if (next >= UNKNOWN) {
            if (next == UNKNOWN)
                return UNCLEAR;
            break;
        }
        while (done < automaton->ranks[next])
            times[done++] = at;
        state = next;
        at++;
        if (byte >= 0x80)
            while (at < end && (*at & 0xC0) == 0x80)
                at++;
        if (automaton->accepts[state] && may_end(automaton, at, end))
            *stop = at;
    }
    if (*stop == NULL)
        return NONE;
    for (Py_ssize_t event = 0; event < automaton->events; event++)
        if (event >= done || times[event] > *stop)
            times[event] = *stop;
    return FOUND;
}

static int match_text(const Automaton *automaton, const uint8_t *from, const uint8_t *end, const uint8_t **start,
                      const uint8_t **stop, const uint8_t **times)
{
    for (*start = from;; (*start)++) {
        const int found = match_at(automaton, *start, end, stop, times);
        if (found != NONE || automaton->anchored || *start == end)
            return found;
        while (*start + 1 < end && ((*start)[1] & 0xC0) == 0x80)
            (*start)++;
    }
}

/* Write the status of each text, and 2 + events places a text: place p of text i is out[p * count + i]. */
static int match_all(const Texts *texts, const Automaton *automaton, uint8_t *status, int64_t *out)
{
    const uint8_t *times[MOST_EVENTS], *start = NULL, *stop = NULL;
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        const Py_ssize_t first = text_at(texts, i, &length);
        if (first < 0)
            return -1;
        const uint8_t *const from = texts->bytes + first;
        status[i] = (uint8_t)match_text(automaton, from, from + length, &start, &stop, times);
        const int is_found = status[i] == FOUND;
        out[i] = is_found ? start - texts->bytes : first;
        out[texts->count + i] = is_found ? stop - texts->bytes : first;
        for (Py_ssize_t event = 0; event < automaton->events; event++)
            out[(event + 2) * texts->count + i] = is_found ? times[event] - texts->bytes : first;
    }
    return 0;
}

static int check(const Automaton *automaton, const Py_buffer *next, const Py_buffer *accepts, const Py_buffer *ranks)
{
    int good = automaton->states > 0 && automaton->states < UNKNOWN && next->len == 256 * automaton->states
               && ranks->len == automaton->states && automaton->events >= 0 && automaton->events <= MOST_EVENTS;
    for (Py_ssize_t i = 0; good && i < next->len; i++)
        good = automaton->next[i] < automaton->states || automaton->next[i] >= UNKNOWN;
    for (Py_ssize_t i = 0; good && i < ranks->len; i++)
        good = automaton->ranks[i] <= automaton->events;
    if (!good || accepts->len != automaton->states) {
        PyErr_SetString(PyExc_ValueError, "the tables are those of no automaton");
        return -1;
    }
    return 0;
}

static PyObject *match(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *out, *tables[3], *flags;
    Py_buffer buffers[3] = {{0}}, status = {0}, places = {0};
    Automaton automaton = {0};
    Texts texts;
    int failed = -1;
    if (parse_texts(arguments, &texts, "OOOnpppOO", tables, tables + 1, tables + 2, &automaton.events,
                    &automaton.anchored, &automaton.whole, &automaton.before_line_end, &flags, &out) < 0)
        return NULL;
    int taken = 0;
    while (taken < 3 && PyObject_GetBuffer(tables[taken], buffers + taken, PyBUF_SIMPLE) == 0)
        taken++;
    if (taken == 3) {
        automaton.next = buffers[0].buf;
        automaton.accepts = buffers[1].buf;
        automaton.ranks = buffers[2].buf;
        automaton.states = buffers[1].len;
        if (check(&automaton, buffers, buffers + 1, buffers + 2) == 0 && results_into(&status, flags, &texts, 1) == 0) {
            const Py_ssize_t size = (Py_ssize_t)sizeof(int64_t) * (automaton.events + 2) * texts.count;
            if (PyObject_GetBuffer(out, &places, PyBUF_SIMPLE | PyBUF_WRITABLE) == 0) {
                if (places.len == size)
                    failed = match_all(&texts, &automaton, status.buf, places.buf);
                else
                    PyErr_Format(PyExc_ValueError, "the places of all texts have %zd bytes", size);
            }
        }
    }
    PyBuffer_Release(&status);
    PyBuffer_Release(&places);
    for (int i = 0; i < taken; i++)
        PyBuffer_Release(buffers + i);
    texts_release(&texts);
    return none_or_error(failed);
}

static PyMethodDef methods[] = {
    {"match", match, METH_VARARGS,
     "match(data, starts, ends, next, accepts, ranks, events, anchored, whole, before_line_end, status, places)"},
    {NULL, NULL, 0, NULL},
};

MODULE(matching, "Match texts with an automaton.", methods)
