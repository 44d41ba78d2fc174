import "@kronograd/linalg";
import { opSuite } from "./op-suite.ts";

opSuite();
