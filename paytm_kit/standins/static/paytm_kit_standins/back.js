// Brings the signed form back to the shop by itself; without this script the button does.
document.getElementById("back").submit();
