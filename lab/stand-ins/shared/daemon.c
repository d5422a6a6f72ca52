/* A daemon for stand-ins: it listens where its arguments say, answers nobody and waits. Written for the avshift lab;
 * it contains no vendor code. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_at(const char *where) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *port = strchr(where, ':');
    int is_udp = strncmp(where, "udp:", 4) == 0;
    if (port == NULL || (!is_udp && strncmp(where, "tcp:", 4) != 0)) {
        fprintf(stderr, "%s: it is not udp:PORT or tcp:PORT\n", where);
        return 0;
    }
    int fd = socket(AF_INET, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    address.sin_port = htons((uint16_t)atoi(port + 1));
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || (!is_udp && listen(fd, 8) != 0)) {
        perror(where);
        return 0;
    }
    return 1;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("%s @version@ (stand-in of the avshift lab)\n", argv[0]);
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        if (!listen_at(argv[i])) {
            return 1;
        }
    }
    for (;;) {
        pause();
    }
}
