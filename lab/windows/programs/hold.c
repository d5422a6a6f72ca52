/* Keeps a prefix up as a host: without any program of a user's, Wine ends its services. */
#include <windows.h>

int wmain(void) {
    Sleep(INFINITE);
    return 0;
}
