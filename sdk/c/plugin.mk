# How a plugin in C is built: its Makefile sets SOURCES and includes this file. jackfield-plugin has left the bindings in dist/bindings.
#
# clang with wasi-libc and lld; on Debian: apt-get install clang lld wasi-libc libclang-rt-dev-wasm32

SDK := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
CLANG ?= clang
BINDINGS := dist/bindings
CODE := $(SOURCES) $(wildcard $(SDK)/*.c) $(BINDINGS)/plugin.c
FLAGS := --target=wasm32-wasi -mexec-model=reactor -std=c11 -Oz -Wall -Wextra -I$(BINDINGS) -I$(SDK) \
	-Wl,-z,stack-size=65536,--gc-sections,--strip-all

dist/component.wasm: $(CODE) $(wildcard $(SDK)/*.h) $(BINDINGS)/plugin.h
	@$(CLANG) $(FLAGS) $(CODE) $(BINDINGS)/plugin_component_type.o -o $@
