#ifndef PITWALL_CCURL_H
#define PITWALL_CCURL_H

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

/* libcurl takes options and gives facts through variadic functions, which Swift can't call. Each wrapper has the one
   type that its option or fact has; giving it an option of another type is a mistake of the caller. */

CURLcode pitwall_curl_set_long(CURL *easy, CURLoption option, long value);
CURLcode pitwall_curl_set_text(CURL *easy, CURLoption option, const char *value);
CURLcode pitwall_curl_set_buffer(CURL *easy, CURLoption option, void *value);

typedef size_t (*pitwall_curl_writer)(char *bytes, size_t size, size_t count, void *context);
CURLcode pitwall_curl_set_writer(CURL *easy, CURLoption option, pitwall_curl_writer writer);
CURLcode pitwall_curl_set_context(CURL *easy, CURLoption option, void *context);

/* Told what libcurl does while it connects: CURLINFO_TEXT lines, and what is said, which may hold passwords. */
typedef int (*pitwall_curl_listener)(CURL *easy, curl_infotype kind, char *bytes, size_t count, void *context);
CURLcode pitwall_curl_set_listener(CURL *easy, pitwall_curl_listener listener, void *context);

/* The connection's socket, or CURL_SOCKET_BAD. */
curl_socket_t pitwall_curl_socket(CURL *easy);
/* Microseconds until TCP was connected; 0 where it is not. */
int64_t pitwall_curl_connect_time(CURL *easy);
/* errno of the last failed system call, or 0. */
long pitwall_curl_os_error(CURL *easy);

/* The next handle of the multi that has finished, with its result; NULL where none has. */
CURL *pitwall_curl_next_done(CURLM *multi, CURLcode *result);

/* A non-blocking eventfd, closed on exec; Glibc's module map leaves it out. Negative where there is none. */
int pitwall_eventfd(void);

/* epoll (7), which Glibc's module map leaves out too. A watched socket is waited for until it is readable and, where `writing`,
   until it takes bytes. `wait` writes the sockets that are ready, at most 64, and gives their number; negative where interrupted. */
int pitwall_epoll(void);
int pitwall_epoll_add(int poller, int socket);
int pitwall_epoll_watch(int poller, int socket, int writing);
int pitwall_epoll_remove(int poller, int socket);
int pitwall_epoll_wait(int poller, int *ready, int capacity, int milliseconds);

/* Once a process, before any thread uses libcurl. */
CURLcode pitwall_curl_global(void);

#endif
