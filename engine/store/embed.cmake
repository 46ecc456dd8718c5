# Writes the SQL files given in IN as string constants into the header OUT:
# schema.sql -> fore_sql_schema, migrate_2.sql -> fore_sql_migrate_2.
set(text "/* Made from the SQL files of engine/store by embed.cmake. */\n")
foreach(file IN LISTS IN)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} sql)
  string(REPLACE "\\" "\\\\" sql "${sql}")
  string(REPLACE "\"" "\\\"" sql "${sql}")
  string(REPLACE "\n" "\\n\"\n\"" sql "${sql}")
  string(APPEND text "static const char fore_sql_${name}[] =\n\"${sql}\";\n")
endforeach()
file(WRITE ${OUT} "${text}")
