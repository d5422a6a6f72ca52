/* Stand-in for the vendor's desktop program: it only waits. Written for the avshift lab. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("kesl-gui @version4@ (stand-in of the avshift lab)");
        return 0;
    }
    for (;;) {
        pause();
    }
}
