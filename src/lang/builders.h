/* The functions behind the rows of methods.def: ama__build_<builder>. */
#ifndef AMA_LANG_BUILDERS_H
#define AMA_LANG_BUILDERS_H

#include "lang/interp.h"

#define AMA_METHOD(ON, NAME, SIGNATURE, BUILD) ama__builder ama__build_##BUILD;
#include "lang/methods.def"
#undef AMA_METHOD

#endif
