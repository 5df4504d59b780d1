/** Before each suite of the jest project that bears their names: whole shops run on these engines. */
process.env.SOUK_TEST_ENGINES = 'eventstoredb,redis';
process.env.SOUK_TEST_PROJECT = 'eventstoredb,redis';
