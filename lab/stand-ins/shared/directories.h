/* Permission marks on directories and on those directly in them, new ones too, which inotify tells of. A mark on a
 * mount would cover more, and make the stand-in wait for its own answer. Written for the avshift lab; it contains no
 * vendor code. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>

#define WATCHED (FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_EVENT_ON_CHILD)
#define NEWS (IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)
#define MOST_DIRECTORIES 64

static struct {
    int watch;
    char path[PATH_MAX];
} protected_directories[MOST_DIRECTORIES];
static int protected_count;

static int mark_directory(int fan, const char *path) {
    return fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_ONLYDIR | FAN_MARK_DONT_FOLLOW, WATCHED, AT_FDCWD, path);
}

static void mark_below(int fan, const char *directory, const char *name) {
    char path[PATH_MAX + NAME_MAX + 2];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    /* It may be gone again, or no directory. */
    (void)mark_directory(fan, path);
}

static void mark_all_below(int fan, const char *directory) {
    DIR *listing = opendir(directory);
    struct dirent *entry;
    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            mark_below(fan, directory, entry->d_name);
        }
    }
    if (listing != NULL) {
        closedir(listing);
    }
}

/* Returns 0, or -1 if the directory itself could not be marked, or new ones in it would stay unknown. */
static int protect_directory(int fan, int news, const char *path) {
    if (protected_count == MOST_DIRECTORIES || mark_directory(fan, path) != 0) {
        return -1;
    }
    int watch = inotify_add_watch(news, path, NEWS);
    if (watch < 0) {
        return -1;
    }
    protected_directories[protected_count].watch = watch;
    snprintf(protected_directories[protected_count++].path, PATH_MAX, "%s", path);
    /* After the watch: no directory is made in between. */
    mark_all_below(fan, path);
    return 0;
}

static void protect_new(int fan, int news) {
    char buffer[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t length = read(news, buffer, sizeof buffer);
    for (char *at = buffer; length > 0 && at < buffer + length;) {
        const struct inotify_event *event = (const void *)at;
        for (int i = 0; i < protected_count && (event->mask & IN_ISDIR); i++) {
            if (protected_directories[i].watch == event->wd) {
                mark_below(fan, protected_directories[i].path, event->name);
            }
        }
        at += sizeof *event + event->len;
    }
}
