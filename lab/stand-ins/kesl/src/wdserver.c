/* Stand-in for the vendor's watchdog: keeps one child, `kesl`, running. Written for the avshift lab. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PID_FILE "/var/run/wdserver.pid"
#define SOCKET_FILE "/run/bl4control"
#define READY_FD 3
#define RESPAWN_MILLISECONDS 200

static char child_path[PATH_MAX];

static void pause_milliseconds(long milliseconds) {
    struct timespec span = {milliseconds / 1000, (milliseconds % 1000) * 1000000};
    while (nanosleep(&span, &span) != 0 && errno == EINTR) {
    }
}

static void find_child_program(void) {
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    if (length < 0) {
        perror("wdserver (stand-in): /proc/self/exe");
        exit(1);
    }
    own[length] = '\0';
    if (snprintf(child_path, sizeof child_path, "%s/kesl", dirname(own)) >= (int)sizeof child_path) {
        exit(1);
    }
}

static pid_t start_child(int ready) {
    pid_t pid = fork();
    if (pid != 0) {
        return pid;
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (ready >= 0) {
        dup2(ready, READY_FD);
    } else {
        close(READY_FD);
    }
    execl(child_path, child_path, (char *)NULL);
    _exit(127);
}

static void write_pid_file(void) {
    FILE *file = fopen(PID_FILE, "w");
    if (file != NULL) {
        fprintf(file, "%d\n", (int)getpid());
        fclose(file);
    }
}

static void stop_child(pid_t child) {
    kill(child, SIGTERM);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    unlink(SOCKET_FILE);
    unlink(PID_FILE);
}

static void watch(int ready) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    pid_t child = start_child(ready);
    close(ready);
    for (;;) {
        int received = sigwaitinfo(&signals, NULL);
        if (received == SIGTERM) {
            stop_child(child);
            return;
        }
        if (received == SIGCHLD && waitpid(child, NULL, WNOHANG) == child) {
            pause_milliseconds(RESPAWN_MILLISECONDS);
            child = start_child(-1);
        }
    }
}

static void become_daemon(void) {
    setsid();
    if (chdir("/") != 0) {
        exit(1);
    }
    umask(022);
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    if (null > 2) {
        close(null);
    }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("wdserver @version4@ (stand-in of the avshift lab)");
        return 0;
    }
    int ready[2];
    char answer;
    find_child_program();
    if (pipe2(ready, O_CLOEXEC) != 0) {
        return 1;
    }
    if (fork() == 0) {
        close(ready[0]);
        become_daemon();
        write_pid_file();
        watch(ready[1]);
        return 0;
    }
    close(ready[1]);
    /* "Started" means that protection is on: the child says so, or ends and closes the pipe. */
    return read(ready[0], &answer, 1) == 1 ? 0 : 1;
}
