# Writes the bytes of the file IN as an array into the header OUT: learned.weights ->
# fore_learned_weights.
get_filename_component(name ${IN} NAME)
string(REPLACE "." "_" name ${name})
file(READ ${IN} bytes HEX)
string(REGEX REPLACE "(................................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT} "/* Made from ${name} by embed_bytes.cmake. */\nstatic const unsigned char fore_${name}[] = {\n${bytes}};\n")
