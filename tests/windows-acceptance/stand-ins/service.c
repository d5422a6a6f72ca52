/* A service that runs until it is asked to stop, and protects nothing. Both stand-in packages install it. */
#include <windows.h>

static SERVICE_STATUS_HANDLE handle;
static SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, SERVICE_START_PENDING, SERVICE_ACCEPT_STOP, 0, 0, 0, 0};
static HANDLE ended;

static void report(DWORD state) {
    status.dwCurrentState = state;
    SetServiceStatus(handle, &status);
}

static DWORD WINAPI control(DWORD code, DWORD type, void *data, void *context) {
    if (code == SERVICE_CONTROL_STOP) {
        report(SERVICE_STOP_PENDING);
        SetEvent(ended);
    }
    return NO_ERROR;
}

static void WINAPI service(DWORD count, LPWSTR *names) {
    ended = CreateEventW(NULL, TRUE, FALSE, NULL);
    handle = RegisterServiceCtrlHandlerExW(names[0], control, NULL);
    report(SERVICE_RUNNING);
    WaitForSingleObject(ended, INFINITE);
    report(SERVICE_STOPPED);
}

int wmain(void) {
    /* For a service with a process of its own the name here does not count. */
    SERVICE_TABLE_ENTRYW table[] = {{L"", service}, {NULL, NULL}};
    return StartServiceCtrlDispatcherW(table) ? 0 : 1;
}
