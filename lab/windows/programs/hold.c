/* Keeps a prefix up as a host: without any program of a user's, Wine ends its services. It says when it does. */
#include <windows.h>

int wmain(void) {
    DWORD written;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "up\n", 3, &written, NULL);
    Sleep(INFINITE);
    return 0;
}
