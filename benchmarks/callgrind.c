/* Client requests of callgrind that Python cannot make by itself: count from here, and write down
   what was counted under a name. Outside of callgrind both do nothing. */
#include <valgrind/callgrind.h>

void fairlead_begin(void)
{
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
}

void fairlead_end(const char *name)
{
    CALLGRIND_DUMP_STATS_AT(name);
    CALLGRIND_STOP_INSTRUMENTATION;
}
