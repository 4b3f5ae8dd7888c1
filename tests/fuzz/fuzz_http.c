/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A request to the gateway, from behind libmicrohttpd to its answer, over a real store. The first
 * line: METHOD TARGET, then "phone" or "partner" where the asker is to have proved who it is. Then
 * headers, an empty line, the body; behind a line "%%" what a partner's gateway answers when it is
 * asked: the status in a line, then the body; and so on.
 */
#include "operator.h"

#include "../../gateway/api/http.c"

#define HEADERS_MAX 32
#define RUNS_MAX 400 /* a batch asks once for each of its questions */

static struct MHD_Connection {
    struct {
        char *name, *value;
    } headers[HEADERS_MAX];
    size_t count;
    const char *asker;
    char *partner; /* what it says next; NULL: no more */
    struct request *waits;
    bool suspended, answered;
    unsigned status;
    char body[1 << 18];
} connection;

static struct gateway *gateway;
static int64_t subscriber, partner;

/* -- in the place of libmicrohttpd ------------------------------------------------------------- */

int MHD_get_connection_values(struct MHD_Connection *c, enum MHD_ValueKind kind,
                              MHD_KeyValueIterator each, void *data)
{
    for (size_t i = 0; i < c->count; i++)
        each(data, kind, c->headers[i].name, c->headers[i].value);
    return (int)c->count;
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *c,
                                                        enum MHD_ConnectionInfoType what, ...)
{
    static struct sockaddr_in address = {.sin_family = AF_INET};
    static union MHD_ConnectionInfo info;

    (void)c;
    info.client_addr = (struct sockaddr *)&address;
    return what == MHD_CONNECTION_INFO_CLIENT_ADDRESS ? &info : NULL;
}

struct MHD_Response *MHD_create_response_from_buffer(size_t size, void *octets,
                                                     enum MHD_ResponseMemoryMode mode)
{
    MUST(size < sizeof connection.body);
    memcpy(connection.body, octets, size);
    connection.body[size] = '\0';
    if (mode == MHD_RESPMEM_MUST_FREE)
        free(octets);
    else
        MUST(size == 0);
    return (struct MHD_Response *)(void *)connection.body;
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *response, const char *name,
                                        const char *value)
{
    MUST(response && name && value && !strpbrk(value, "\r\n"));
    return MHD_YES;
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *c, unsigned status,
                                   struct MHD_Response *response)
{
    MUST(response && !c->answered && status >= 200 && status <= 599);
    c->answered = true;
    c->status = status;
    return MHD_YES;
}

void MHD_destroy_response(struct MHD_Response *response)
{
    (void)response;
}

void MHD_suspend_connection(struct MHD_Connection *c)
{
    MUST(!c->suspended);
    c->suspended = true;
}

void MHD_resume_connection(struct MHD_Connection *c)
{
    MUST(c->suspended);
    c->suspended = false;
}

struct MHD_Daemon *MHD_start_daemon(unsigned flags, uint16_t port, MHD_AcceptPolicyCallback accept,
                                    void *accept_data, MHD_AccessHandlerCallback handle,
                                    void *handle_data, ...)
{
    (void)flags;
    (void)port;
    (void)accept;
    (void)accept_data;
    (void)handle;
    (void)handle_data;
    return NULL;
}

void MHD_stop_daemon(struct MHD_Daemon *daemon)
{
    (void)daemon;
}

MHD_socket MHD_quiesce_daemon(struct MHD_Daemon *daemon)
{
    (void)daemon;
    return MHD_INVALID_SOCKET;
}

void MHD_set_panic_func(MHD_PanicCallback callback, void *user)
{
    (void)callback;
    (void)user;
}

/* -- in the place of waiting.c and settler.c, which have threads ------------------------------- */

void waiting_ask(struct waiting *waiting, struct request *request)
{
    struct question *q = request->question;
    char *at = connection.partner, *end;

    (void)waiting;
    MUST(q && q->body && q->path && q->partner.url[0]);
    snprintf(q->reason, sizeof q->reason, "no answer");
    if (at) {
        end = strstr(at, "\n%%\n");
        connection.partner = end ? end + 4 : NULL;
        if (end)
            *end = '\0';
        q->status = strtol(at, &at, 10);
        at += *at == '\n';
        simauth_octets_append(&q->answer, at, strlen(at));
    }
    request_resume(request);
}

void waiting_hold(struct waiting *waiting, struct request *request, int64_t at_us)
{
    (void)waiting;
    (void)at_us;
    request_resume(request);
}

void waiting_stop(struct waiting *waiting)
{
    (void)waiting;
}

struct settler *settler_start(struct gateway *g)
{
    (void)g;
    return NULL;
}

void settler_stop(struct settler *settler)
{
    (void)settler;
}

void settler_free(struct settler *settler)
{
    (void)settler;
}

enum store_result settler_settle(struct settler *settler, uint64_t ticket)
{
    (void)settler;
    return gateway->ops->settle(gateway->store, ticket);
}

bool settler_is_quick(const struct settler *settler)
{
    (void)settler;
    return false;
}

void settler_wait(struct settler *settler, struct request *request)
{
    (void)settler;
    request_resume(request);
}

/* -- who asks ---------------------------------------------------------------------------------- */

bool __real_ua_authenticate(struct request *request);
bool __wrap_ua_authenticate(struct request *request);
bool __wrap_ua_authenticate(struct request *request)
{
    if (strcmp(connection.asker, "phone") != 0) {
        MUST(!__real_ua_authenticate(request)); /* nobody has the key */
        return false;
    }
    request->session.subscriber = subscriber;
    strcpy(request->session.impi, "001010000000001@ims.mnc001.mcc001.3gppnetwork.org");
    strcpy(request->session.nai, OPERATOR_NAI);
    strcpy(request->nai, OPERATOR_NAI);
    snprintf(request->who, sizeof request->who, "s:%lld", (long long)subscriber);
    memset(request->ks_naf.octets, 5, 32);
    request->ks_naf.len = 32;
    return true;
}

bool __real_federation_identify(struct request *request);
bool __wrap_federation_identify(struct request *request);
bool __wrap_federation_identify(struct request *request)
{
    enum store_result result;

    if (strcmp(connection.asker, "partner") != 0)
        return __real_federation_identify(request);
    MUST(gateway->ops->begin(gateway->store, false) == STORE_OK);
    result = gateway->ops->partner_by_name(gateway->store, "B", &request->partner);
    gateway->ops->rollback(gateway->store);
    MUST(result == STORE_OK && request->partner.id == partner);
    strcpy(request->who, "p:B");
    return true;
}

/* -- one request ------------------------------------------------------------------------------- */

static char *next_line(char **at)
{
    char *line = *at, *end = strchr(line, '\n');

    if (end)
        *end = '\0';
    *at = end ? end + 1 : line + strlen(line);
    return line;
}

static void read_headers(char **at)
{
    char *line;

    while (*(line = next_line(at)) && connection.count < HEADERS_MAX) {
        char *colon = strchr(line, ':');

        if (!colon || colon == line)
            continue;
        *colon++ = '\0';
        connection.headers[connection.count].name = line;
        connection.headers[connection.count++].value = colon + strspn(colon, " ");
    }
}

static void check_answer(const struct request *request)
{
    const char *type = request->answer.type;
    bool json = type && strstr(type, "json");
    json_t *body = json ? json_loads(connection.body, 0, NULL) : NULL;

    MUST(connection.answered && (body || !json));
    MUST(connection.status != 500); /* it has words for what it cannot do */
    MUST(!strstr(connection.body, "001010000000001"));
    MUST(!request->question || !request->resume);
    json_decref(body);
}

static void run_request(struct http *http, char *method, char *target, char *body, size_t len)
{
    struct request *request = on_uri(http, target, &connection);
    void *context = request;
    size_t half = len / 2, rest = len - half, none = 0;

    MUST(request != NULL);
    MUST(on_request(http, &connection, target, method, "HTTP/1.1", NULL, &none, &context) ==
         MHD_YES);
    if (half > 0 && !connection.answered)
        on_request(http, &connection, target, method, "HTTP/1.1", body, &half, &context);
    if (rest > 0 && !connection.answered)
        on_request(http, &connection, target, method, "HTTP/1.1", body + len / 2, &rest, &context);
    for (int i = 0; i < RUNS_MAX && !connection.answered; i++) {
        MUST(on_request(http, &connection, target, method, "HTTP/1.1", NULL, &none, &context) ==
             MHD_YES);
        MUST(!connection.suspended);
    }
    check_answer(request);
    on_completed(http, &connection, &context, MHD_REQUEST_TERMINATED_COMPLETED_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http http;
    char *text = fuzz_text(data, size), *at = text, *line, *method, *target, *asker, *end;

    if (!gateway) {
        gateway = operator_open(&subscriber, &partner);
        http.gateway = gateway;
        http.connections = g_hash_table_new(g_direct_hash, g_direct_equal);
        MUST(log_open("/dev/null") == 0);
    }
    memset(&connection, 0, offsetof(struct MHD_Connection, body));
    line = next_line(&at);
    method = strtok(line, " ");
    target = strtok(NULL, " ");
    asker = strtok(NULL, " ");
    connection.asker = asker ? asker : "";
    read_headers(&at);
    end = strstr(at, "\n%%\n");
    if (end) {
        *end = '\0';
        connection.partner = end + 4;
    }
    if (method && target)
        run_request(&http, method, target, at, strlen(at));
    free(text);
    return 0;
}
