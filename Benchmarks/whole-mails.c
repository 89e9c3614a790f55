/* Sends COUNT mails of SIZE bytes to smtp://127.0.0.1:PORT over CONNECTIONS connections, each mail whole by libcurl's multi
   interface: what a program does that leaves the dialogue to libcurl. Prints nothing. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *body;
static size_t size;
static long left;

static size_t read_body(char *out, size_t unit, size_t count, void *context) {
    size_t *place = context, want = unit * count, have = size - *place;
    if (want > have) want = have;
    memcpy(out, body + *place, want);
    *place += want;
    return want;
}

int main(int argc, char **argv) {
    if (argc != 5) return 64;
    char url[64];
    snprintf(url, sizeof url, "smtp://127.0.0.1:%s/bench.example", argv[1]);
    int connections = atoi(argv[2]);
    left = atol(argv[3]);
    size = (size_t)atol(argv[4]);
    body = malloc(size);
    for (size_t i = 0; i < size; i++) body[i] = i % 80 == 78 ? '\r' : i % 80 == 79 ? '\n' : 'x';
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections);
    struct curl_slist *to = curl_slist_append(NULL, "<reader@example.org>");
    size_t *places = calloc((size_t)connections, sizeof *places);
    for (int i = 0; i < connections && left > 0; i++, left--) {
        CURL *easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_MAIL_FROM, "<news@example.com>");
        curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, &places[i]);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, &places[i]);
        curl_multi_add_handle(multi, easy);
    }
    int running = 1;
    while (running) {
        curl_multi_perform(multi, &running);
        CURLMsg *message;
        int queued;
        while ((message = curl_multi_info_read(multi, &queued)) != NULL) {
            if (message->msg != CURLMSG_DONE) continue;
            if (message->data.result != CURLE_OK) {
                fprintf(stderr, "%s\n", curl_easy_strerror(message->data.result));
                return 1;
            }
            CURL *easy = message->easy_handle;
            curl_multi_remove_handle(multi, easy);
            if (left == 0) continue;
            left--;
            size_t *place;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &place);
            *place = 0;
            curl_multi_add_handle(multi, easy);
            running = 1;
        }
        if (running) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    return 0;
}
