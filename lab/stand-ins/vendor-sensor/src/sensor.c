/* Stand-in for another vendor's sensor: it holds fanotify permission marks on a few directories while the file "active"
 * is in its state directory, and refuses one test file. Written for the avshift lab; it contains no vendor code. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>
#include "directories.h"

#define LOOK_EVERY_MS 10
/* FNV-1a of the 68 bytes of the EICAR test file, which themselves stand nowhere here. */
#define TEST_LENGTH 68
#define TEST_HASH UINT64_C(0x4c4b83eef5c7ac63)

static const char *const DIRECTORIES[] = {"/home", "/root", "/srv", "/tmp", "/var/tmp"};

static int is_test_file(int fd) {
    unsigned char head[TEST_LENGTH];
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    if (pread(fd, head, sizeof head, 0) != TEST_LENGTH) {
        return 0;
    }
    for (int i = 0; i < TEST_LENGTH; i++) {
        hash = (hash ^ head[i]) * UINT64_C(0x100000001b3);
    }
    return hash == TEST_HASH;
}

static void answer_all(int fan) {
    char buffer[8192] __attribute__((aligned(__alignof__(struct fanotify_event_metadata))));
    ssize_t length = read(fan, buffer, sizeof buffer);
    const struct fanotify_event_metadata *event = (const void *)buffer;
    while (length > 0 && FAN_EVENT_OK(event, length)) {
        if (event->fd >= 0) {
            struct fanotify_response reply = {.fd = event->fd, .response = FAN_ALLOW};
            if (event->pid != getpid() && is_test_file(event->fd)) {
                reply.response = FAN_DENY;
            }
            (void)!write(fan, &reply, sizeof reply);
            close(event->fd);
        }
        event = FAN_EVENT_NEXT(event, length);
    }
}

static void begin(int fan, int news) {
    for (size_t i = 0; i < sizeof DIRECTORIES / sizeof *DIRECTORIES; i++) {
        if (protect_directory(fan, news, DIRECTORIES[i]) != 0) {
            perror(DIRECTORIES[i]);
        }
    }
}

static void end(int fan, int news) {
    if (fanotify_mark(fan, FAN_MARK_FLUSH, 0, AT_FDCWD, "/") != 0) {
        perror("marks");
    }
    while (protected_count > 0) {
        (void)inotify_rm_watch(news, protected_directories[--protected_count].watch);
    }
}

int main(int argc, char **argv) {
    char active[4096];
    int marked = 0;
    if (argc != 2 || @lies@) {
        for (;;) {
            pause();
        }
    }
    snprintf(active, sizeof active, "%s/active", argv[1]);
    int fan = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_CLOEXEC);
    int news = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    struct pollfd sources[] = {{fan, POLLIN, 0}, {news, POLLIN, 0}};
    for (;;) {
        int wanted = access(active, F_OK) == 0;
        if (wanted != marked) {
            (wanted ? begin : end)(fan, news);
            marked = wanted;
        }
        if (poll(sources, sizeof sources / sizeof *sources, LOOK_EVERY_MS) > 0) {
            protect_new(fan, news);
            answer_all(fan);
        }
    }
}
