/* Stand-in for the vendor's Network Agent: a daemon on UDP port 15000. Written for the avshift lab. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PORT 15000
#define LOG_FILE "/var/opt/kaspersky/klnagent/log/klnagent.log"

static void note_start(void) {
    char when[32];
    time_t now = time(NULL);
    FILE *file = fopen(LOG_FILE, "ae");
    if (file != NULL) {
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
        fprintf(file, "%s stand-in klnagent: started\n", when);
        fclose(file);
    }
}

static int listen_udp(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("klnagent (stand-in): UDP port 15000");
        return -1;
    }
    return fd;
}

static void become_daemon(void) {
    setsid();
    umask(022);
    if (chdir("/") != 0) {
        _exit(1);
    }
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("klnagent @own_version@ (stand-in of the avshift lab)");
        return 0;
    }
    char packet[2048];
    int fd = listen_udp();
    if (fd < 0) {
        return 1;
    }
    if (fork() != 0) {
        return 0;
    }
    become_daemon();
    note_start();
    for (;;) {
        if (recv(fd, packet, sizeof packet, 0) < 0) {
            sleep(1);
        }
    }
}
