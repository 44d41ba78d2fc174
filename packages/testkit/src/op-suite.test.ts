import "@kronograd/linalg";
import "@kronograd/linalg/decompositions";
import "@kronograd/layers";
import "@kronograd/optimizers";
import { opSuite } from "./op-suite.ts";

opSuite();
