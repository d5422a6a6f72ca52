/* Stand-in for the vendor's scanner process: real fanotify permission marks on a few directories, a control
 * socket, and one "signature". Written for the avshift lab; it protects nothing. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "directories.h"

#define CONFIGURATION "/var/opt/kaspersky/kesl/common/kesl.ini"
#define LOG_FILE "/var/log/kaspersky/kesl/kesl.log"
#define SOCKET_FILE "/run/bl4control"
#define EXCLUSIONS "/var/opt/kaspersky/kesl/private/exclusions"
#define DIRECTORIES_KEY "ProtectedDirs="
#define READY_FD 3

/* FNV-1a of the 68 bytes of the EICAR test file. The bytes themselves must not be in this program, or
 * the replacement antivirus would find it. */
#define TEST_LENGTH 68
#define TEST_HASH UINT64_C(0x4c4b83eef5c7ac63)

static void note(const char *what, const char *about) {
    char when[32];
    time_t now = time(NULL);
    FILE *file = fopen(LOG_FILE, "ae");
    if (file == NULL) {
        return;
    }
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    fprintf(file, "%s stand-in kesl: %s %s\n", when, what, about);
    fclose(file);
}

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

static void path_of(int fd, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    path[length > 0 ? length : 0] = '\0';
}

static void note_blocked(int fd) {
    char path[4096];
    path_of(fd, path, sizeof path);
    note("blocked", path);
}

/* Returns whether a file lies below a directory that kesl-control has excluded; there is one on each line. */
static int is_excluded(int fd) {
    char path[4096];
    char line[4096];
    int found = 0;
    FILE *file = fopen(EXCLUSIONS, "re");
    if (file == NULL) {
        return 0;
    }
    path_of(fd, path, sizeof path);
    while (!found && fgets(line, sizeof line, file) != NULL) {
        size_t length = strcspn(line, "\n");
        found = length > 0 && strncmp(path, line, length) == 0 && path[length] == '/';
    }
    fclose(file);
    if (found) {
        note("left out", path);
    }
    return found;
}

/* How it gets on with another scanner beside it: by the package's switches. */
#define DELAY_MS @answer_delay_ms@
#define ONE_THREAD @one_thread@
#define WORKER_OPENS @worker_opens@
#define WATCHES_OTHERS @watches_others@
#define LEAVES_BESIDE_OTHERS @leaves_beside_others@
#define WORKER_FILE "/srv/.stand-in-worker"
#define OTHERS_EVERY_MS 50

static pid_t worker;
static int to_worker[2];
static int from_worker[2];

static void wait_ms(long milliseconds) {
    struct timespec pause = {milliseconds / 1000, (milliseconds % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

/* A process of its own that opens a file in a protected directory for each question, and says when it has. */
static void start_worker(void) {
    char word;
    if (pipe2(to_worker, O_CLOEXEC) != 0 || pipe2(from_worker, O_CLOEXEC) != 0 || (worker = fork()) != 0) {
        return;
    }
    close(to_worker[1]);
    while (read(to_worker[0], &word, 1) == 1) {
        int fd = open(WORKER_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        (void)!read(fd, &word, 1);
        close(fd);
        (void)!write(from_worker[1], "1", 1);
    }
    unlink(WORKER_FILE);
    _exit(0);
}

static void ask_worker(void) {
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    char word;
    pthread_mutex_lock(&one_at_a_time);
    if (write(to_worker[1], "1", 1) == 1) {
        (void)!read(from_worker[0], &word, 1);
    }
    pthread_mutex_unlock(&one_at_a_time);
}

static void answer(int fan, const struct fanotify_event_metadata *event) {
    struct fanotify_response reply = {.fd = event->fd, .response = FAN_ALLOW};
    if (is_excluded(event->fd)) {
        (void)!write(fan, &reply, sizeof reply);
        close(event->fd);
        return;
    }
    int denied = event->pid != getpid() && is_test_file(event->fd);
    /* Its worker's own questions are answered at once: else each of the two would wait for the other. */
    if (WORKER_OPENS && event->pid != worker) {
        ask_worker();
    }
    wait_ms(DELAY_MS);
    if (denied) {
        reply.response = FAN_DENY;
    }
    /* The answer first: until it is given, another process waits. */
    if (write(fan, &reply, sizeof reply) != sizeof reply) {
        note("could not answer", "");
    }
    if (denied) {
        note_blocked(event->fd);
    }
    close(event->fd);
}

struct question {
    int fan;
    struct fanotify_event_metadata event;
};

static void *answer_apart(void *given) {
    struct question *question = given;
    answer(question->fan, &question->event);
    free(question);
    return NULL;
}

/* On a thread of its own where an answer takes its time. */
static void take(int fan, const struct fanotify_event_metadata *event) {
    pthread_t thread;
    struct question *question = NULL;
    if ((DELAY_MS > 0 || WORKER_OPENS) && !ONE_THREAD) {
        question = malloc(sizeof *question);
    }
    if (question == NULL) {
        answer(fan, event);
        return;
    }
    *question = (struct question){fan, *event};
    if (pthread_create(&thread, NULL, answer_apart, question) != 0) {
        free(question);
        answer(fan, event);
        return;
    }
    pthread_detach(thread);
}

static void answer_all(int fan) {
    char buffer[8192] __attribute__((aligned(__alignof__(struct fanotify_event_metadata))));
    ssize_t length = read(fan, buffer, sizeof buffer);
    const struct fanotify_event_metadata *event = (const void *)buffer;
    while (length > 0 && FAN_EVENT_OK(event, length)) {
        if (event->fd >= 0) {
            take(fan, event);
        }
        event = FAN_EVENT_NEXT(event, length);
    }
}

static void protect(int fan, int news, char *directories) {
    for (char *one = strtok(directories, " \t\r\n"); one != NULL; one = strtok(NULL, " \t\r\n")) {
        if (protect_directory(fan, news, one) != 0) {
            note("cannot protect", one);
        }
    }
}

static int intercept(int news) {
    char line[4096];
    int fan = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_LARGEFILE | O_CLOEXEC);
    FILE *file = fopen(CONFIGURATION, "re");
    if (fan < 0 || file == NULL) {
        note("file threat protection is off:", fan < 0 ? "no fanotify here" : "no " CONFIGURATION);
    }
    while (fan >= 0 && file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, DIRECTORIES_KEY, strlen(DIRECTORIES_KEY)) == 0) {
            protect(fan, news, line + strlen(DIRECTORIES_KEY));
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return fan;
}

/* Returns whether another process holds permission marks; their bits are 0x70000. */
static int others_intercept(void) {
    FILE *found = popen("grep -lE '^fanotify (ino|mnt_id|sdev):.* mask:[0-9a-f]*[1-7][0-9a-f]{4} ' /proc/[0-9]*/fdinfo/* 2>&1", "re");
    char line[256];
    int others = 0;
    while (found != NULL && fgets(line, sizeof line, found) != NULL) {
        int pid = 0;
        others |= sscanf(line, "/proc/%d/", &pid) == 1 && pid != getpid();
    }
    if (found != NULL) {
        pclose(found);
    }
    return others;
}

static void *look_at_others(void *fan) {
    static const char *const places[] = {"/var/lib/clamav", "/var/lib/clamav/tmp"};
    for (;;) {
        for (size_t i = 0; WATCHES_OTHERS && i < sizeof places / sizeof *places; i++) {
            (void)mark_directory(*(int *)fan, places[i]);
        }
        if (LEAVES_BESIDE_OTHERS && others_intercept()) {
            note("ended: another scanner intercepts", "");
            _exit(0);
        }
        wait_ms(OTHERS_EVERY_MS);
    }
    return NULL;
}

static int listen_for_control(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_FILE};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(SOCKET_FILE);
    if (fd >= 0 && (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 8) != 0)) {
        note("no control socket", SOCKET_FILE);
    }
    return fd;
}

static void greet(int listener) {
    static const char text[] = "stand-in kesl @version4@\n";
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (client >= 0) {
        (void)!send(client, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        close(client);
    }
}

static void tell_ready(void) {
    (void)!write(READY_FD, "1", 1);
    close(READY_FD);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("kesl @version4@ (stand-in of the avshift lab)");
        return 0;
    }
    if (@stop_hangs_seconds@ > 0) {
        signal(SIGTERM, SIG_IGN);
    }
    /* Asked first: where nobody waits, the number is free for what is opened below. */
    int is_awaited = fcntl(READY_FD, F_GETFD) != -1;
    note("started", "");
    int news = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    static int fan;
    if (WORKER_OPENS) {
        start_worker();
    }
    fan = intercept(news);
    pthread_t others;
    if (WATCHES_OTHERS || LEAVES_BESIDE_OTHERS) {
        pthread_create(&others, NULL, look_at_others, &fan);
    }
    struct pollfd sources[] = {{fan, POLLIN, 0}, {listen_for_control(), POLLIN, 0}, {news, POLLIN, 0}};
    if (is_awaited) {
        tell_ready();
    }
    while (poll(sources, sizeof sources / sizeof *sources, -1) >= 0) {
        if (sources[0].revents & POLLIN) {
            answer_all(sources[0].fd);
        }
        if (sources[1].revents & POLLIN) {
            greet(sources[1].fd);
        }
        if (sources[2].revents & POLLIN) {
            protect_new(sources[0].fd, sources[2].fd);
        }
    }
    return 1;
}
