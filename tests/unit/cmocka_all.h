/* cmocka wants these before it, in this order. */
#ifndef AMA_TESTS_CMOCKA_ALL_H
#define AMA_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#endif
