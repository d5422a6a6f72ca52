/* deny.exe KEY...: gives keys of HKEY_LOCAL_MACHINE a list of rights that refuses everyone. */
#include <windows.h>
#include <sddl.h>

int wmain(int count, wchar_t **keys) {
    PSECURITY_DESCRIPTOR refusing;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:P(D;;KA;;;WD)", SDDL_REVISION_1, &refusing, NULL)) return 2;
    for (int at = 1; at < count; at++) {
        HKEY key;
        if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, keys[at], 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, &key)) return 3;
        if (RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, refusing)) return 4;
        RegCloseKey(key);
    }
    return 0;
}
