/** A customer's own page: the card, made to work. */

import { keepCard } from "./card.js";

keepCard(document.getElementById("card"));
