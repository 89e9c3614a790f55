#pragma once

/// SwiftPM gives the program its main by this name.
int fuzz_main(int argc, char **argv);
