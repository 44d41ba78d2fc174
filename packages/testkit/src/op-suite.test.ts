import "@kronograd/linalg";
import "@kronograd/linalg/decompositions";
import { opSuite } from "./op-suite.ts";

opSuite();
