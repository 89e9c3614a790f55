#include "CCurl.h"
#include <sys/eventfd.h>

CURLcode pitwall_curl_set_long(CURL *easy, CURLoption option, long value) { return curl_easy_setopt(easy, option, value); }

CURLcode pitwall_curl_set_text(CURL *easy, CURLoption option, const char *value) { return curl_easy_setopt(easy, option, value); }

CURLcode pitwall_curl_set_buffer(CURL *easy, CURLoption option, void *value) { return curl_easy_setopt(easy, option, value); }

CURLcode pitwall_curl_set_writer(CURL *easy, CURLoption option, pitwall_curl_writer writer) {
    return curl_easy_setopt(easy, option, writer);
}

CURLcode pitwall_curl_set_context(CURL *easy, CURLoption option, void *context) { return curl_easy_setopt(easy, option, context); }

curl_socket_t pitwall_curl_socket(CURL *easy) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK) return CURL_SOCKET_BAD;
    return socket;
}

int64_t pitwall_curl_connect_time(CURL *easy) {
    curl_off_t time = 0;
    if (curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &time) != CURLE_OK) return 0;
    return time;
}

long pitwall_curl_os_error(CURL *easy) {
    long error = 0;
    if (curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error) != CURLE_OK) return 0;
    return error;
}

CURL *pitwall_curl_next_done(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

CURLcode pitwall_curl_global(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

int pitwall_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
