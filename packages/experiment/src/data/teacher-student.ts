/** Regression on the outputs of a random network. */

import { teacherStudent as makeTeacherStudent } from "@kronograd/data";
import { option } from "@kronograd/optimizers";
import { defineDataSet } from "../catalogs/data-set.ts";
import { rows } from "../catalogs/rows.ts";

/** `teacher-student` of the catalog. */
export const teacherStudent = defineDataSet({
  name: "teacher-student",
  summary: "numbers that a random network gives: regression",
  target: 0.01,
  options: {
    inputs: option.integer({ default: 10, min: 1, help: "features of an input" }),
    outputs: option.integer({ default: 1, min: 1, help: "numbers to predict" }),
    noise: option.number({ default: 0, min: 0, help: "deviation of what is added to the numbers" }),
    ...rows,
  },
  make: (options, { rng }) => makeTeacherStudent({ rng, ...options }),
});
