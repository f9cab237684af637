# SPDX-License-Identifier: BSD-2-Clause
# A backtrace, and 3,000 single steps that begin in front of a malloc: stepping must get through.
set print address off
set print inferior-events off
set print thread-events off
set confirm off
set debuginfod enabled off
break innermost if value == 0
run
backtrace
delete
break churn
continue
set logging file /dev/null
set logging redirect on
set logging enabled on
stepi 3000
set logging enabled off
break built
continue
print list->value
print list->next->next->value
print *list->next
up
info locals
delete
# The line about the end of the program names its process id.
set logging enabled on
continue
set logging enabled off
print $_exitcode
