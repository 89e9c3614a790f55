#include "CCurl.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

CURLcode pitwall_curl_set_long(CURL *easy, CURLoption option, long value) { return curl_easy_setopt(easy, option, value); }

CURLcode pitwall_curl_set_text(CURL *easy, CURLoption option, const char *value) { return curl_easy_setopt(easy, option, value); }

CURLcode pitwall_curl_set_buffer(CURL *easy, CURLoption option, void *value) { return curl_easy_setopt(easy, option, value); }

CURLcode pitwall_curl_set_writer(CURL *easy, CURLoption option, pitwall_curl_writer writer) {
    return curl_easy_setopt(easy, option, writer);
}

CURLcode pitwall_curl_set_context(CURL *easy, CURLoption option, void *context) { return curl_easy_setopt(easy, option, context); }

CURLcode pitwall_curl_set_listener(CURL *easy, pitwall_curl_listener listener, void *context) {
    CURLcode result = curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, listener);
    if (result == CURLE_OK) result = curl_easy_setopt(easy, CURLOPT_DEBUGDATA, context);
    return result == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L) : result;
}

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

int pitwall_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int pitwall_epoll_control(int poller, int operation, int socket, int writing) {
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0)};
    event.data.fd = socket;
    return epoll_ctl(poller, operation, socket, &event);
}

int pitwall_epoll_add(int poller, int socket) { return pitwall_epoll_control(poller, EPOLL_CTL_ADD, socket, 0); }

int pitwall_epoll_watch(int poller, int socket, int writing) {
    return pitwall_epoll_control(poller, EPOLL_CTL_MOD, socket, writing);
}

int pitwall_epoll_remove(int poller, int socket) { return pitwall_epoll_control(poller, EPOLL_CTL_DEL, socket, 0); }

int pitwall_epoll_wait(int poller, int *ready, int capacity, int milliseconds) {
    struct epoll_event events[64];
    int count = epoll_wait(poller, events, capacity < 64 ? capacity : 64, milliseconds);
    for (int index = 0; index < count; index++) ready[index] = events[index].data.fd;
    return count;
}
